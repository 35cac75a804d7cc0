using System.Text;
using Dispatcher.Jobs;

namespace Dispatcher.Workflows;

/// <summary>
/// The way from a document's root to a value. A chain, so that walking a large document makes no texts; the text is made when
/// a fault needs it.
/// </summary>
internal sealed class FieldPath
{
    private const int NameCharacters = 100;
    private readonly FieldPath? _parent;

    private FieldPath(FieldPath? parent, string? name, int index) => (_parent, Name, Index) = (parent, name, index);

    public static FieldPath Root { get; } = new(null, null, -1);

    /// <summary>The property's name; null for an item of a list.</summary>
    public string? Name { get; }

    public int Index { get; }

    public FieldPath Property(string name) => new(this, name, -1);

    public FieldPath Item(int index) => new(this, null, index);

    /// <summary>This path, seen from a root further out.</summary>
    public FieldPath Under(FieldPath outer) => Parts().Aggregate(outer, (path, part) => new FieldPath(path, part.Name, part.Index));

    /// <summary>This path without its first parts, which are those of an outer one.</summary>
    public FieldPath Below(FieldPath outer) => Parts().Skip(outer.Parts().Count).Aggregate(Root, (path, part) => new FieldPath(path, part.Name, part.Index));

    /// <summary>From the outermost part to this one, without the root.</summary>
    public IReadOnlyList<FieldPath> Parts()
    {
        var parts = new List<FieldPath>();
        for (var part = this; part._parent is not null; part = part._parent) parts.Add(part);
        parts.Reverse();
        return parts;
    }

    public override string ToString() => Text(Parts());

    /// <summary>Names that are not plain words are quoted: <c>a.b[2]["c d"]</c>.</summary>
    public static string Text(IEnumerable<FieldPath> parts)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
        {
            if (part.Name is not { } name) text.Append('[').Append(part.Index).Append(']');
            else if (!IsWord(name)) text.Append("[\"").Append(Excerpt.Of(name, NameCharacters)).Append("\"]");
            else text.Append(text.Length > 0 ? "." : "").Append(name);
        }

        return text.ToString();
    }

    private static bool IsWord(string name) =>
        name.Length is > 0 and <= NameCharacters && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '$');
}
