"""`sfnbook lsp`: the services of `services` for any editor that speaks the Language Server Protocol, over stdio.

Owns the protocol's shapes only. pygls does the talking; it is an optional extra: ``pip install 'sfnbook[lsp]'``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfnbook import errors
from sfnbook.editor import services
from sfnbook.editor.services import offset_at
from sfnbook.lint.settings import levels_for

if TYPE_CHECKING:
    from lsprotocol import types as lsp
    from pygls.lsp.server import LanguageServer


_SOURCE = "sfnbook"


def serve() -> None:
    """Serve one editor over standard input and output until it ends. Raises InputError where pygls is not installed
    or one of the two is closed.
    """
    made = server()
    for stream, name in ((sys.stdin, "input"), (sys.stdout, "output")):
        if getattr(stream, "buffer", None) is None:
            raise errors.InputError(
                f"The language server talks over standard input and output, and its {name} is closed."
            )
    made.start_io()


def server() -> LanguageServer:
    """Return a server that has not been started. Raises InputError where pygls is not installed."""
    try:
        from lsprotocol import types
        from pygls.lsp.server import LanguageServer
    except ImportError:
        raise errors.InputError("The language server needs pygls: pip install 'sfnbook[lsp]'.") from None
    from importlib.metadata import version

    made = LanguageServer("sfnbook", version("sfnbook"), text_document_sync_kind=types.TextDocumentSyncKind.Full)
    _documents(made, types)
    _writing(made, types)
    _states(made, types)
    return made


def _text(server: LanguageServer, uri: str) -> str:
    return server.workspace.get_text_document(uri).source


def _wrong(server: LanguageServer, uri: str) -> list[services.EditorDiagnostic]:
    """Return what is wrong with a document; nothing is with a file that neither is called a definition nor holds one."""
    text = _text(server, uri)
    context = services.Context(levels=levels_for(Path(server.workspace.get_text_document(uri).path or "")))
    return services.diagnostics(text, context) if ".asl." in uri or services.symbols(text) else []


def _offset(text: str, position: Any) -> int:
    return offset_at(text, position.line, position.character)


def _range(types: Any, given: services.Range) -> lsp.Range:
    return types.Range(types.Position(**given["start"]), types.Position(**given["end"]))  # type: ignore[no-any-return]


def _edits(types: Any, given: list[services.TextEdit]) -> list[lsp.TextEdit]:
    return [types.TextEdit(_range(types, one["range"]), one["newText"]) for one in given]


def _diagnostic(types: Any, one: services.EditorDiagnostic) -> lsp.Diagnostic:
    severities = {"error": types.DiagnosticSeverity.Error, "warning": types.DiagnosticSeverity.Warning}
    severity = severities.get(one["level"], types.DiagnosticSeverity.Information)
    message = f"{one['message']} {one['hint']}".strip()
    return types.Diagnostic(_range(types, one["range"]), message, severity, one["code"], source=_SOURCE)  # type: ignore[no-any-return]


def _documents(server: LanguageServer, types: Any) -> None:
    def publish(uri: str) -> None:
        found = [_diagnostic(types, one) for one in _wrong(server, uri)]
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found))

    @server.feature("textDocument/didOpen")
    def opened(params: Any) -> None:
        publish(params.text_document.uri)

    @server.feature("textDocument/didChange")
    def changed(params: Any) -> None:
        publish(params.text_document.uri)

    @server.feature("textDocument/didClose")
    def closed(params: Any) -> None:
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(params.text_document.uri, []))


def _writing(server: LanguageServer, types: Any) -> None:
    kinds = {
        "state": types.CompletionItemKind.Class,
        "field": types.CompletionItemKind.Field,
        "value": types.CompletionItemKind.EnumMember,
        "function": types.CompletionItemKind.Function,
        "resource": types.CompletionItemKind.Reference,
        "variable": types.CompletionItemKind.Variable,
        "path": types.CompletionItemKind.Property,
    }

    @server.feature("textDocument/completion", types.CompletionOptions(trigger_characters=['"', ".", "$", ":", " "]))
    def complete(params: Any) -> lsp.CompletionList:
        text = _text(server, params.text_document.uri)
        offset = _offset(text, params.position)
        items = []
        for order, one in enumerate(services.completions(text, offset)):
            edit = types.TextEdit(_range(types, one["range"]), one["newText"])
            start = offset_at(text, edit.range.start.line, edit.range.start.character)
            quote = '"' if text[start : start + 1] == '"' else ""
            items.append(
                types.CompletionItem(
                    one["label"],
                    kind=kinds[one["kind"]],
                    detail=one["detail"],
                    documentation=one["documentation"],
                    sort_text=f"{order:05}",
                    filter_text=quote + one["label"],
                    text_edit=edit,
                )
            )
        return types.CompletionList(False, items)  # type: ignore[no-any-return]

    @server.feature("textDocument/hover")
    def hover(params: Any) -> lsp.Hover | None:
        text = _text(server, params.text_document.uri)
        found = services.hover(text, _offset(text, params.position))
        if found is None:
            return None
        content = types.MarkupContent(types.MarkupKind.Markdown, found["text"])
        return types.Hover(content, _range(types, found["range"]))  # type: ignore[no-any-return]

    @server.feature("textDocument/formatting")
    def format(params: Any) -> list[lsp.TextEdit]:
        indent = params.options.tab_size if params.options.insert_spaces else 2
        return _edits(types, services.format(_text(server, params.text_document.uri), indent))

    @server.feature("textDocument/codeAction")
    def fixes(params: Any) -> list[lsp.CodeAction]:
        uri = params.text_document.uri
        found = []
        for one in _wrong(server, uri):
            lines = one["range"]["start"]["line"], one["range"]["end"]["line"]
            if lines[0] > params.range.end.line or lines[1] < params.range.start.line:
                continue
            for fix in one["fixes"]:
                found.append(
                    types.CodeAction(
                        fix["title"],
                        kind=types.CodeActionKind.QuickFix,
                        diagnostics=[_diagnostic(types, one)],
                        edit=types.WorkspaceEdit(changes={uri: _edits(types, fix["edits"])}),
                    )
                )
        return found


def _states(server: LanguageServer, types: Any) -> None:
    @server.feature("textDocument/definition")
    def definition(params: Any) -> lsp.Location | None:
        uri = params.text_document.uri
        text = _text(server, uri)
        found = services.definition(text, _offset(text, params.position))
        return types.Location(uri, _range(types, found)) if found is not None else None

    @server.feature("textDocument/references")
    def references(params: Any) -> list[lsp.Location]:
        uri = params.text_document.uri
        text = _text(server, uri)
        found = services.references(text, _offset(text, params.position))
        return [types.Location(uri, _range(types, one)) for one in found]

    @server.feature("textDocument/rename")
    def rename(params: Any) -> lsp.WorkspaceEdit | None:
        from pygls.exceptions import JsonRpcInvalidParams

        uri = params.text_document.uri
        text = _text(server, uri)
        try:
            made = services.rename(text, _offset(text, params.position), params.new_name)
        except errors.InputError as error:
            raise JsonRpcInvalidParams(str(error)) from None
        return types.WorkspaceEdit(changes={uri: _edits(types, made)})  # type: ignore[no-any-return]

    @server.feature("textDocument/documentSymbol")
    def symbols(params: Any) -> list[lsp.DocumentSymbol]:
        return [_symbol(types, one) for one in services.symbols(_text(server, params.text_document.uri))]


def _symbol(types: Any, one: services.Symbol) -> lsp.DocumentSymbol:
    return types.DocumentSymbol(  # type: ignore[no-any-return]
        one["name"],
        types.SymbolKind.Class,
        _range(types, one["range"]),
        _range(types, one["selection"]),
        one["type"],
        children=[_symbol(types, inner) for inner in one["children"]],
    )
