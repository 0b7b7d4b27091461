"""The language server as an editor starts it: a process of its own, over its standard input and output."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

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
