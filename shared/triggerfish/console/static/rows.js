// A list of any length in which only the rows in sight are elements.
import { element } from "./dom.js";

export class Rows {
  // `draw(item, index)` makes a row; `shown(items)` hears which ones are in sight.
  constructor(box, height, draw, { shown = () => {} } = {}) {
    Object.assign(this, { box, height, draw, shown, items: [], drawn: new Map(), waiting: false });
    this.spacer = element("div", { className: "spacer", attributes: { role: "presentation" } });
    box.replaceChildren(this.spacer);
    box.addEventListener("scroll", () => this.later(), { passive: true });
    this.observer = new ResizeObserver(() => this.refresh());
    this.observer.observe(box);
  }

  set(items) {
    this.items = items;
    this.spacer.style.height = `${items.length * this.height}px`;
    this.refresh();
  }

  // Draw what is in sight anew: the items have changed.
  refresh() {
    for (const row of this.drawn.values()) row.remove();
    this.drawn.clear();
    this.update();
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

  update() {
    const first = Math.max(0, Math.floor(this.box.scrollTop / this.height) - 4);
    const last = Math.min(this.items.length, first + Math.ceil(this.box.clientHeight / this.height) + 9);
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
      row.style.top = `${index * this.height}px`;
      row.setAttribute("aria-setsize", String(this.items.length));
      row.setAttribute("aria-posinset", String(index + 1));
      this.drawn.set(index, row);
      added.push(row);
    }
    this.spacer.append(...added);
    this.shown(this.items.slice(first, last));
  }

  reveal(index) {
    const top = index * this.height;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    const bottom = top + this.height - this.box.clientHeight;
    if (bottom > this.box.scrollTop) this.box.scrollTop = bottom;
    this.update();
  }
}
