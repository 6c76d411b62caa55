"""What does a person type? The command `omniembed`; loaded by nothing but the command."""
