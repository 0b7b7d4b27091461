"""The language server as an editor starts it: a process of its own, over its standard input and output."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest
from lsprotocol import types
from pygls.lsp.client import LanguageClient

TEXT = '{"StartAt": "A",\n "States": {\n "A": {"Type": "Pass", "Next": "Dona"},\n "Done": {"Type": "Succeed"}}}\n'
URI = "file:///machine.asl.json"


async def talk() -> dict[str, Any]:
    client = LanguageClient("test", "1")
    published: asyncio.Queue[Any] = asyncio.Queue()

    @client.feature("textDocument/publishDiagnostics")
    def _(params: Any) -> None:
        published.put_nowait(params)

    await client.start_io(sys.executable, "-m", "sfnbook", "lsp")
    said: dict[str, Any] = {}
    said["init"] = await client.initialize_async(types.InitializeParams(capabilities=types.ClientCapabilities()))
    client.initialized(types.InitializedParams())
    document = types.TextDocumentIdentifier(URI)
    client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(URI, "json", 1, TEXT)))
    said["wrong"] = (await published.get()).diagnostics
    there = types.Position(2, 33)
    said["complete"] = await client.text_document_completion_async(
        types.CompletionParams(document, types.Position(2, 31))
    )
    said["fixes"] = await client.text_document_code_action_async(
        types.CodeActionParams(document, types.Range(there, there), types.CodeActionContext([]))
    )
    right = TEXT.replace("Dona", "Done")
    change = types.TextDocumentContentChangeWholeDocument(right)
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(2, URI), [change])
    )
    said["right"] = (await published.get()).diagnostics
    said["definition"] = await client.text_document_definition_async(types.DefinitionParams(document, there))
    said["references"] = await client.text_document_references_async(
        types.ReferenceParams(types.ReferenceContext(True), document, there)
    )
    said["rename"] = await client.text_document_rename_async(
        types.RenameParams(text_document=document, position=there, new_name="End")
    )
    said["hover"] = await client.text_document_hover_async(types.HoverParams(document, types.Position(2, 24)))
    said["symbols"] = await client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
    said["format"] = await client.text_document_formatting_async(
        types.DocumentFormattingParams(document, types.FormattingOptions(2, True))
    )
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()
    return said


def test_an_editor_talks_to_the_server() -> None:
    said = asyncio.run(asyncio.wait_for(talk(), 60))
    assert "ASL104" in [one.code for one in said["wrong"]]
    assert [one.label for one in said["complete"].items] == ["Done"]
    assert [one.title for one in said["fixes"]] == ['Change to "Done"']
    assert "ASL104" not in [one.code for one in said["right"]]
    assert said["definition"].range.start == types.Position(3, 1)
    assert len(said["references"]) == 2
    assert [one.new_text for one in said["rename"].changes[URI]] == ['"End"', '"End"']
    assert "comes next" in said["hover"].contents.value
    assert [one.name for one in said["symbols"]] == ["A", "Done"]
    assert said["format"][0].new_text.startswith('{\n  "StartAt": "A",')


YAML = """# kept
StartAt: A
States:
  A:
    Type: Pass
    Next: Dona
  Done:
    Type: Succeed
"""
SAM = """AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition:
        StartAt: A
        States:
          A:
            Type: Pass
            Next: Dona
          Done:
            Type: Succeed
"""


async def look(uri: str, text: str) -> dict[str, Any]:
    """What an editor is told of a text with ``Next: Dona``, and what renaming Done there would change."""
    client = LanguageClient("test", "1")
    published: asyncio.Queue[Any] = asyncio.Queue()

    @client.feature("textDocument/publishDiagnostics")
    def _(params: Any) -> None:
        published.put_nowait(params)

    await client.start_io(sys.executable, "-m", "sfnbook", "lsp")
    await client.initialize_async(types.InitializeParams(capabilities=types.ClientCapabilities()))
    client.initialized(types.InitializedParams())
    document = types.TextDocumentIdentifier(uri)
    client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "yaml", 1, text)))
    made: dict[str, Any] = {"wrong": (await published.get()).diagnostics}
    lines = text.split("\n")
    line = next(i for i, one in enumerate(lines) if "Dona" in one)
    there = types.Position(line, lines[line].index("Dona") + 3)
    if made["wrong"]:
        made["complete"] = await client.text_document_completion_async(types.CompletionParams(document, there))
        made["fixes"] = await client.text_document_code_action_async(
            types.CodeActionParams(document, types.Range(there, there), types.CodeActionContext([]))
        )
        right = text.replace("Dona", "Done")
        change = types.TextDocumentContentChangeWholeDocument(right)
        client.text_document_did_change(
            types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(2, uri), [change])
        )
        made["right"] = (await published.get()).diagnostics
        made["rename"] = await client.text_document_rename_async(
            types.RenameParams(text_document=document, position=there, new_name="Last")
        )
        made["symbols"] = await client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()
    return made


@pytest.mark.parametrize(
    ("uri", "text"), [("file:///shop.asl.yaml", YAML), ("file:///template.yaml", SAM)], ids=["yaml", "template"]
)
def test_a_definition_in_yaml_and_one_in_a_template_are_helped_alike(uri: str, text: str) -> None:
    said = asyncio.run(asyncio.wait_for(look(uri, text), 60))
    (wrong,) = [one for one in said["wrong"] if one.code == "ASL104"]
    lines = text.split("\n")
    assert "Dona" in lines[wrong.range.start.line]
    assert lines[wrong.range.start.line][wrong.range.start.character :].startswith("Dona")
    assert [one.label for one in said["complete"].items] == ["Done"]
    (fix,) = said["fixes"]
    assert fix.title == 'Change to "Done"'
    assert [one.new_text for one in fix.edit.changes[uri]] == ["Done"]
    assert [one for one in said["right"] if one.severity == types.DiagnosticSeverity.Error] == []
    assert [one.new_text for one in said["rename"].changes[uri]] == ["Last", "Last"]
    assert [one.name for one in said["symbols"]] == ["A", "Done"]


def test_a_yaml_file_that_holds_no_machine_is_left_alone() -> None:
    said = asyncio.run(asyncio.wait_for(look("file:///values.yaml", "name: Dona\nreplicas: 3\n"), 60))
    assert not said["wrong"]
