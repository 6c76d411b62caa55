"""What does `python -m any_llm.cli` do? The same as `omniembed`."""

from any_llm.cli.main import run

if __name__ == "__main__":
    run()
