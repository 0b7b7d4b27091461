"""Runs the machine and looks at its output."""


def test_greets_by_name(sfn):
    run = sfn("machine.asl.json").run({"name": "Ada"})
    assert run.output == {"greeting": "Hello Ada!"}


def test_greets_everybody_without_one(sfn):
    run = sfn("machine.asl.json").run()
    assert run.output == {"greeting": "Hello world!"}
