from benchmarks.machine import circumstances


def test_the_command_names_no_folder_of_the_machine():
    described = circumstances(["dense", "--data", "/home/ada/corpora", "--quick"], "bc5cdr")
    assert described["command"] == "python -m benchmarks dense --data DATA --quick"
