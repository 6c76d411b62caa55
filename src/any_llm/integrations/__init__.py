"""Where people already are: one module for each framework, loaded when it is asked for, on public names alone."""
