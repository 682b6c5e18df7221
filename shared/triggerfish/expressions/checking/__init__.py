"""PURE. What is wrong with an expression before there is a value: ``checker.check`` goes over the tree.

It sets the nature (static type) of every node, which the compiler reads. Unknown is what the payload brings:
most of an expression is only checked where one part of it contradicts another.
"""
