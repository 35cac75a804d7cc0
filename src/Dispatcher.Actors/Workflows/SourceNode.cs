using System.Collections.Immutable;
using System.Text.Json;

namespace Dispatcher.Workflows;

/// <summary>How a text is written in its source; decides where its n-th character stands.</summary>
internal enum TextStyle
{
    /// <summary>No source: the builder's values, or a value from elsewhere.</summary>
    None,
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Block,
}

/// <summary>
/// A JSON value that knows where it was written. YAML, JSON and the builder all become this, so that one compiler checks all
/// three. Numbers are kept as canonical texts.
/// </summary>
internal sealed class SourceNode
{
    public required JsonValueKind Kind { get; init; }

    /// <summary>The value of a string, the digits of a number; else empty.</summary>
    public string Text { get; init; } = "";

    public ImmutableArray<SourceProperty> Properties { get; init; } = [];

    public ImmutableArray<SourceNode> Items { get; init; } = [];

    /// <summary>Counted from 1; 0 without a source.</summary>
    public int Line { get; init; }

    public int Column { get; init; }

    public TextStyle Style { get; init; }

    public static SourceNode OfString(string text) => new() { Kind = JsonValueKind.String, Text = text };

    public static SourceNode OfNumber(long number) =>
        new() { Kind = JsonValueKind.Number, Text = number.ToString(System.Globalization.CultureInfo.InvariantCulture) };

    public static SourceNode OfItems(IEnumerable<SourceNode> items) => new() { Kind = JsonValueKind.Array, Items = [.. items] };

    public static SourceNode OfProperties(IEnumerable<(string Name, SourceNode Value)> properties) =>
        new() { Kind = JsonValueKind.Object, Properties = [.. properties.Select(property => new SourceProperty(property.Name, 0, 0, property.Value))] };

    public SourceNode? Property(string name)
    {
        foreach (var property in Properties)
        {
            if (string.Equals(property.Name, name, StringComparison.Ordinal)) return property.Value;
        }

        return null;
    }

    /// <summary>How deep objects and lists nest; a single value is 0 deep.</summary>
    public int Depth() => Kind switch
    {
        JsonValueKind.Object => 1 + Properties.Select(property => property.Value.Depth()).DefaultIfEmpty(0).Max(),
        JsonValueKind.Array => 1 + Items.Select(item => item.Depth()).DefaultIfEmpty(0).Max(),
        _ => 0,
    };

    /// <summary>The node at the end of a path, or the last one on the way that exists.</summary>
    public SourceNode Nearest(FieldPath path)
    {
        var node = this;
        foreach (var part in path.Parts())
        {
            var next = part.Name is { } name ? node.Property(name) : part.Index < node.Items.Length ? node.Items[part.Index] : null;
            if (next is null) break;
            node = next;
        }

        return node;
    }
}

internal readonly record struct SourceProperty(string Name, int Line, int Column, SourceNode Value);
