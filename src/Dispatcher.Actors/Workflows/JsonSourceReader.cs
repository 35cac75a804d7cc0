using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Dispatcher.Workflows;

/// <summary>Reads JSON text, with the place of each value.</summary>
internal ref struct JsonSourceReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly FaultReport _report;
    private Utf8JsonReader _reader;

    // The place of the last token, moved forward byte by byte.
    private int _position;
    private int _line = 1;
    private int _column = 1;

    private JsonSourceReader(ReadOnlySpan<byte> bytes, FaultReport report)
    {
        _bytes = bytes;
        _report = report;
        _reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = WorkflowLimits.Nesting });
    }

    /// <summary>The document; null if it is not JSON, which the report then says.</summary>
    public static SourceNode? Read(string text, FaultReport report)
    {
        var reader = new JsonSourceReader(Encoding.UTF8.GetBytes(text), report);
        try
        {
            reader._reader.Read();
            var root = reader.Value(FieldPath.Root);
            reader._reader.Read();
            return root;
        }
        catch (JsonException exception)
        {
            var reason = exception.Message.Split(" LineNumber:", 2)[0];
            var place = ((int)(exception.LineNumber ?? 0) + 1, (int)(exception.BytePositionInLine ?? 0) + 1);
            report.Add(WorkflowFaultCodes.Syntax, place, FieldPath.Root, $"this is not JSON: {reason}");
        }
        catch (InvalidOperationException)
        {
            report.Add(WorkflowFaultCodes.Syntax, reader.Place(), FieldPath.Root,
                "this text is not valid Unicode: a surrogate stands alone");
        }

        return null;
    }

    /// <summary>A value without a source text.</summary>
    /// <exception cref="InvalidOperationException">A text in it is not valid Unicode, or a number is too large.</exception>
    public static SourceNode FromJson(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => SourceNode.OfProperties(value.EnumerateObject().DistinctBy(property => property.Name, StringComparer.Ordinal)
            .Select(property => (property.Name, FromJson(property.Value)))),
        JsonValueKind.Array => SourceNode.OfItems(value.EnumerateArray().Select(FromJson)),
        JsonValueKind.String => SourceNode.OfString(value.GetString()!),
        JsonValueKind.Number => new SourceNode
        {
            Kind = JsonValueKind.Number,
            Text = JsonNumber.Canonical(value.GetRawText()) ?? throw new InvalidOperationException($"the number {Suggestion.Clip(value.GetRawText())} is too large"),
        },
        JsonValueKind.Undefined => new SourceNode { Kind = JsonValueKind.Null },
        var kind => new SourceNode { Kind = kind },
    };

    private SourceNode Value(FieldPath path)
    {
        var (line, column) = Place();
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return new SourceNode { Kind = JsonValueKind.Object, Properties = Properties(path), Line = line, Column = column };
            case JsonTokenType.StartArray:
                var items = ImmutableArray.CreateBuilder<SourceNode>();
                while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray) items.Add(Value(path.Item(items.Count)));
                return new SourceNode { Kind = JsonValueKind.Array, Items = items.ToImmutable(), Line = line, Column = column };
            case JsonTokenType.String:
                return new SourceNode { Kind = JsonValueKind.String, Text = _reader.GetString()!, Line = line, Column = column, Style = TextStyle.DoubleQuoted };
            case JsonTokenType.Number:
                var digits = JsonNumber.Canonical(Encoding.UTF8.GetString(_reader.ValueSpan));
                if (digits is null) _report.Add(WorkflowFaultCodes.InvalidValue, (line, column), path, "the number is too large");
                return new SourceNode { Kind = JsonValueKind.Number, Text = digits ?? "0", Line = line, Column = column };
            default:
                var kind = _reader.TokenType switch
                {
                    JsonTokenType.True => JsonValueKind.True,
                    JsonTokenType.False => JsonValueKind.False,
                    _ => JsonValueKind.Null,
                };
                return new SourceNode { Kind = kind, Line = line, Column = column };
        }
    }

    private ImmutableArray<SourceProperty> Properties(FieldPath path)
    {
        var properties = ImmutableArray.CreateBuilder<SourceProperty>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var name = _reader.GetString()!;
            var (line, column) = Place();
            _reader.Read();
            var value = Value(path.Property(name));
            if (names.Add(name)) properties.Add(new SourceProperty(name, line, column, value));
            else _report.Add(WorkflowFaultCodes.Duplicate, (line, column), path.Property(name), "this key stands here twice");
        }

        return properties.ToImmutable();
    }

    /// <summary>The current token's line and column; columns count UTF-16 units, as editors do.</summary>
    private (int Line, int Column) Place()
    {
        for (; _position < _reader.TokenStartIndex; _position++)
        {
            var value = _bytes[_position];
            if (value == '\n') (_line, _column) = (_line + 1, 1);
            else if (value >= 0xF0) _column += 2;
            else if ((value & 0xC0) != 0x80) _column++;
        }

        return (_line, _column);
    }
}
