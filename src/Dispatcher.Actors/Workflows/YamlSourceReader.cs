using System.Collections.Immutable;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Dispatcher.Workflows;

/// <summary>
/// Reads one YAML document, with the place of each value. Of YAML it takes what JSON can say: no aliases (a small text could grow
/// without bound), no tags, no second document; keys are texts.
/// </summary>
internal sealed class YamlSourceReader
{
    private readonly FaultReport _report;
    private readonly SourceText _source;
    private readonly Scanner _scanner;
    private readonly Parser _parser;

    private YamlSourceReader(string text, FaultReport report)
    {
        (_report, _source, _scanner) = (report, new SourceText(text), new Scanner(new StringReader(text)));
        _parser = new Parser(_scanner);
    }

    /// <summary>The document; null if it cannot be read, which the report then says.</summary>
    public static SourceNode? Read(string text, FaultReport report)
    {
        try
        {
            return new YamlSourceReader(text, report).Document();
        }
        catch (RefusedException exception)
        {
            report.Add(exception.Code, exception.Place, exception.Path, exception.Message);
            return null;
        }
    }

    private SourceNode Document()
    {
        Next<StreamStart>();
        Move();
        if (_parser.Current is StreamEnd)
            throw new RefusedException(WorkflowFaultCodes.Syntax, (1, 1), FieldPath.Root, "the document is empty");
        Move();
        var root = Value(FieldPath.Root, 1);
        Next<DocumentEnd>();
        Move();
        if (_parser.Current is DocumentStart second)
            throw new RefusedException(WorkflowFaultCodes.Syntax, PlaceOf(second.Start), FieldPath.Root,
                "a second document starts here; one file holds one workflow");
        return root;
    }

    /// <summary>Reads the value at the parser's place and moves past it.</summary>
    private SourceNode Value(FieldPath path, int depth)
    {
        var current = _parser.Current!;
        var place = PlaceOf(current.Start);
        if (depth > WorkflowLimits.Nesting)
            throw new RefusedException(WorkflowFaultCodes.TooLarge, place, FieldPath.Root,
                $"values nest at most {WorkflowLimits.Nesting} deep");
        if (current is AnchorAlias)
            throw new RefusedException(WorkflowFaultCodes.Syntax, place, path,
                "YAML aliases (*name) are not supported; write the value out");
        if (current is NodeEvent { Tag.IsEmpty: false } tagged)
            throw new RefusedException(WorkflowFaultCodes.Syntax, place, path,
                $"YAML tags ({Suggestion.Clip(tagged.Tag.ToString())}) are not supported; quote a value to make it a text");
        var node = current switch
        {
            Scalar scalar => Scalar(scalar, place, path),
            SequenceStart => new SourceNode { Kind = JsonValueKind.Array, Items = Items(path, depth), Line = place.Line, Column = place.Column },
            MappingStart => new SourceNode { Kind = JsonValueKind.Object, Properties = Properties(path, depth), Line = place.Line, Column = place.Column },
            _ => throw new RefusedException(WorkflowFaultCodes.Syntax, place, path, "a value is missing here"),
        };
        Move();
        return node;
    }

    private ImmutableArray<SourceNode> Items(FieldPath path, int depth)
    {
        var items = ImmutableArray.CreateBuilder<SourceNode>();
        Move();
        while (_parser.Current is not SequenceEnd) items.Add(Value(path.Item(items.Count), depth + 1));
        return items.ToImmutable();
    }

    private ImmutableArray<SourceProperty> Properties(FieldPath path, int depth)
    {
        var properties = ImmutableArray.CreateBuilder<SourceProperty>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        Move();
        while (_parser.Current is not MappingEnd)
        {
            var place = PlaceOf(_parser.Current!.Start);
            if (_parser.Current is not Scalar key)
                throw new RefusedException(WorkflowFaultCodes.Syntax, place, path, "a key must be a text");
            if (!YamlScalar.IsUnicode(key.Value))
                throw new RefusedException(WorkflowFaultCodes.Syntax, place, path, "this key is not valid Unicode");
            Move();
            var value = Value(path.Property(key.Value), depth + 1);
            if (names.Add(key.Value)) properties.Add(new SourceProperty(key.Value, place.Line, place.Column, value));
            else _report.Add(WorkflowFaultCodes.Duplicate, place, path.Property(key.Value), "this key stands here twice");
        }

        return properties.ToImmutable();
    }

    private SourceNode Scalar(Scalar scalar, (int Line, int Column) place, FieldPath path)
    {
        if (!YamlScalar.IsUnicode(scalar.Value))
            throw new RefusedException(WorkflowFaultCodes.Syntax, place, path, "this text is not valid Unicode: a surrogate stands alone");
        var style = scalar.Style switch
        {
            ScalarStyle.Plain => TextStyle.Plain,
            ScalarStyle.SingleQuoted => TextStyle.SingleQuoted,
            ScalarStyle.DoubleQuoted => TextStyle.DoubleQuoted,
            ScalarStyle.Literal => TextStyle.Block,
            _ => TextStyle.None,
        };
        var (kind, text) = style == TextStyle.Plain ? YamlScalar.Resolve(scalar.Value) : (JsonValueKind.String, scalar.Value);
        if (kind == JsonValueKind.Undefined)
        {
            _report.Add(WorkflowFaultCodes.InvalidValue, place, path,
                $"{Suggestion.Clip(scalar.Value)} is no number that JSON can hold; quote it to make it a text");
            kind = JsonValueKind.Null;
        }

        return new SourceNode { Kind = kind, Text = text, Line = place.Line, Column = place.Column, Style = style };
    }

    private void Next<TEvent>() where TEvent : ParsingEvent
    {
        if (_parser.Current is null) Move();
        if (_parser.Current is not TEvent)
            throw new RefusedException(WorkflowFaultCodes.Syntax, PlaceOf(_parser.Current?.Start ?? Mark.Empty), FieldPath.Root,
                "the document ends in the wrong place");
    }

    private void Move()
    {
        try
        {
            _parser.MoveNext();
        }
        catch (YamlException exception)
        {
            throw NotYaml(PlaceOf(exception.Start), exception.Message);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            // The library's scanner answers some malformed texts so, for example a plain text with a brace in it inside [ ].
            throw NotYaml(PlaceOf(_scanner.CurrentPosition), "a character stands here that is not expected.");
        }
    }

    private RefusedException NotYaml((int Line, int Column) place, string reason)
    {
        place = _source.Within(place);
        var hint = _source.LineAt(place.Line).Contains("${", StringComparison.Ordinal) ? " Inside { } and [ ] YAML wants quotes: \"${...}\"." : "";
        return new RefusedException(WorkflowFaultCodes.Syntax, place, FieldPath.Root, $"this is not YAML: {reason}{hint}");
    }

    private static (int Line, int Column) PlaceOf(Mark mark) => ((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

    /// <summary>The document cannot be read on from here.</summary>
    private sealed class RefusedException(string code, (int Line, int Column) place, FieldPath path, string message) : Exception(message)
    {
        public string Code { get; } = code;

        public (int Line, int Column) Place { get; } = place;

        public FieldPath Path { get; } = path;
    }
}
