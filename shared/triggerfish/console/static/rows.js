// A list of any length in which only the rows in sight are elements.
import { element } from "./dom.js";

const ABOVE = 4;
const BELOW = 5;

export class Rows {
  // `height(item)` is in pixels; `draw(item, index)` makes a row; `shown(items)` hears which ones are in sight.
  constructor(box, height, draw, { shown = () => {} } = {}) {
    Object.assign(this, { box, height, draw, shown, items: [], tops: [0], drawn: new Map(), waiting: false });
    this.spacer = element("div", { className: "spacer", attributes: { role: "presentation" } });
    box.replaceChildren(this.spacer);
    box.addEventListener("scroll", () => this.later(), { passive: true });
    this.observer = new ResizeObserver(() => this.set(this.items));
    this.observer.observe(box);
  }

  set(items) {
    this.items = items;
    this.tops = [0];
    for (const item of items) this.tops.push(this.tops.at(-1) + this.height(item));
    this.spacer.style.height = `${this.tops.at(-1)}px`;
    for (const row of this.drawn.values()) row.remove();
    this.drawn.clear();
    this.update();
  }

  // Each row that is drawn, with its item.
  each(visit) {
    for (const [index, row] of this.drawn) visit(row, this.items[index], index);
  }

  // At most one drawing a frame, however many scroll events there are.
  later() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.update();
    });
  }

  // The row that is drawn `y` pixels below the top.
  at(y) {
    let [low, high] = [0, this.items.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.tops[middle + 1] <= y) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  inSight() {
    const top = this.box.scrollTop;
    const first = Math.max(0, this.at(top) - ABOVE);
    return [first, Math.min(this.items.length, this.at(top + this.box.clientHeight) + BELOW)];
  }

  update() {
    const [first, last] = this.inSight();
    for (const [index, row] of this.drawn) {
      if (index < first || index >= last) {
        row.remove();
        this.drawn.delete(index);
      }
    }
    const added = [];
    for (let index = first; index < last; index += 1) {
      if (this.drawn.has(index)) continue;
      const row = this.draw(this.items[index], index);
      row.style.top = `${this.tops[index]}px`;
      row.style.height = `${this.tops[index + 1] - this.tops[index]}px`;
      row.setAttribute("aria-setsize", String(this.items.length));
      row.setAttribute("aria-posinset", String(index + 1));
      this.drawn.set(index, row);
      added.push(row);
    }
    this.spacer.append(...added);
    this.shown(this.items.slice(first, last));
  }

  reveal(index) {
    if (this.tops[index] < this.box.scrollTop) this.box.scrollTop = this.tops[index];
    const bottom = this.tops[index + 1] - this.box.clientHeight;
    if (bottom > this.box.scrollTop) this.box.scrollTop = bottom;
    this.update();
  }

  close() {
    this.observer.disconnect();
  }
}
