"""The doors: the command line.

Doors are thin: parse, call one function, print.
"""
