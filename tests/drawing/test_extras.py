import subprocess
import sys


def test_extras_are_loaded_only_when_they_are_used():
    code = "import deltarule, sys; print(sorted({'grandalf', 'plotly', 'networkx'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
