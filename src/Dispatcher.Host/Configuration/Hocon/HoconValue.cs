using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Dispatcher.Host.Configuration.Hocon;

/// <summary>A resolved value: immutable, and possibly shared between several places of the tree.</summary>
public abstract class HoconValue
{
    private protected HoconValue(HoconOrigin origin, long weight, int depth)
    {
        Origin = origin;
        Weight = weight;
        Depth = depth;
    }

    public HoconOrigin Origin { get; }

    /// <summary>What the value is, in the words of an error message.</summary>
    public abstract string KindName { get; }

    internal long Weight { get; }

    internal int Depth { get; }
}

/// <summary>What a scalar was in the text; a quoted number is a <see cref="String"/>.</summary>
public enum HoconScalarKind
{
    String,
    Number,
    Boolean,
    Null,
}

/// <summary>A single value. <see cref="Text"/> is what the file says, without quotes; numbers keep their spelling.</summary>
public sealed class HoconScalar(string text, HoconScalarKind kind, HoconOrigin origin)
    : HoconValue(origin, 1 + (text.Length / 32), 0)
{
    public string Text { get; } = text;

    public HoconScalarKind Kind { get; } = kind;

    public override string KindName => Kind == HoconScalarKind.Null ? "null" : $"the text '{Text}'";

    public override string ToString() => Text;
}

/// <summary>A list of values.</summary>
public sealed class HoconArray(IReadOnlyList<HoconValue> items, HoconOrigin origin)
    : HoconValue(origin, 1 + items.Sum(item => item.Weight), 1 + items.Select(item => item.Depth).DefaultIfEmpty().Max())
{
    public IReadOnlyList<HoconValue> Items { get; } = items;

    public override string KindName => "a list";
}

/// <summary>Fields in the order of their first appearance. Names are case-sensitive.</summary>
public sealed class HoconObject : HoconValue, IEnumerable<KeyValuePair<string, HoconValue>>
{
    private readonly OrderedDictionary<string, HoconValue> _fields;

    internal HoconObject(OrderedDictionary<string, HoconValue> fields, HoconOrigin origin)
        : base(origin, 1 + fields.Values.Sum(value => value.Weight), 1 + fields.Values.Select(value => value.Depth).DefaultIfEmpty().Max())
        => _fields = fields;

    public int Count => _fields.Count;

    public override string KindName => "an object";

    public bool TryGet(string key, [NotNullWhen(true)] out HoconValue? value) => _fields.TryGetValue(key, out value);

    /// <summary>The value at a path expression such as <c>a.b."c.d"</c>, or null.</summary>
    public HoconValue? Find(string path)
    {
        HoconValue current = this;
        foreach (var key in HoconPath.Parse(path))
        {
            if (current is not HoconObject parent || !parent.TryGet(key, out var next))
                return null;
            current = next;
        }

        return current;
    }

    public IEnumerator<KeyValuePair<string, HoconValue>> GetEnumerator() => _fields.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
