using System.Diagnostics;

namespace Dispatcher.Host.Configuration.Hocon;

/// <summary>A value as parsed, before substitutions are resolved.</summary>
internal abstract class HoconNode(HoconOrigin origin)
{
    public HoconOrigin Origin { get; } = origin;
}

internal sealed class ScalarNode(HoconScalar value) : HoconNode(value.Origin)
{
    public HoconScalar Value { get; } = value;

    /// <summary>White space between two pieces of a concatenation: it counts between texts and not between lists.</summary>
    public bool IsSeparator { get; init; }
}

/// <summary>Each element is a slot, as a field is, because <c>[ ${base} { a = 1 } ]</c> merges within one element.</summary>
internal sealed class ArrayNode(HoconOrigin origin) : HoconNode(origin)
{
    public List<List<Contribution>> Elements { get; } = [];
}

/// <summary>
/// The path is absolute; its first <see cref="PrefixLength"/> keys were put there by an include and are dropped in a second
/// try.
/// </summary>
internal sealed class SubstitutionNode(IReadOnlyList<string> path, int prefixLength, bool optional, HoconOrigin origin) : HoconNode(origin)
{
    public IReadOnlyList<string> Path { get; } = path;

    public int PrefixLength { get; } = prefixLength;

    public bool IsOptional { get; } = optional;
}

/// <summary>What the slot held before the contribution that contains this: the left side of <c>+=</c>.</summary>
internal sealed class PreviousValueNode(HoconOrigin origin) : HoconNode(origin);

/// <summary>
/// Pieces side by side, none of them an object literal: those become contributions of their own (see HoconParser.BuildSlot).
/// </summary>
internal sealed class ConcatenationNode(IReadOnlyList<HoconNode> pieces, HoconOrigin origin) : HoconNode(origin)
{
    public IReadOnlyList<HoconNode> Pieces { get; } = pieces;
}

/// <summary>Per key, what the text assigned to it, earliest first. The resolver decides which of it counts.</summary>
internal sealed class ObjectNode(HoconOrigin origin) : HoconNode(origin)
{
    public OrderedDictionary<string, List<Contribution>> Fields { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Plain objects that follow each other become one, so that ten thousand dotted keys do not become ten thousand layers.
    /// </summary>
    public void Append(string key, Contribution contribution)
    {
        if (!Fields.TryGetValue(key, out var slot))
            Fields.Add(key, slot = []);
        if (contribution.IsPlainObject && slot.Count > 0 && slot[^1].IsPlainObject)
            ((ObjectNode)slot[^1].Node!).AppendAll((ObjectNode)contribution.Node!);
        else
            slot.Add(contribution);
    }

    public void AppendAll(ObjectNode later)
    {
        foreach (var (key, slot) in later.Fields)
        {
            foreach (var contribution in slot)
                Append(key, contribution);
        }
    }

    /// <summary>Puts a slot at a path of keys, making the objects in between.</summary>
    public void AppendAt(IReadOnlyList<string> path, IReadOnlyList<Contribution> slot)
    {
        Debug.Assert(path.Count > 0, "a path has at least one key");
        var target = this;
        for (var index = 0; index < path.Count - 1; index++)
        {
            if (!target.Fields.TryGetValue(path[index], out var existing) || !existing[^1].IsPlainObject)
            {
                target.Append(path[index], new Contribution(new ObjectNode(slot[0].Origin)));
                existing = target.Fields[path[index]];
            }

            target = (ObjectNode)existing[^1].Node!;
        }

        foreach (var contribution in slot)
            target.Append(path[^1], contribution);
    }
}

/// <summary>
/// One assignment to a slot. A slot is read from its last contribution backwards: an object merges with what is below it,
/// anything else hides it.
/// </summary>
internal sealed class Contribution
{
    public Contribution(HoconNode node, object? group = null)
    {
        Node = node;
        Group = group ?? this;
        Origin = node.Origin;
    }

    public Contribution(HoconValue value)
    {
        Value = value;
        IsSettled = true;
        Group = this;
        Origin = value.Origin;
    }

    /// <summary>Null for a contribution that was born resolved.</summary>
    public HoconNode? Node { get; }

    /// <summary>Shared by the pieces of one concatenation: a self-reference in a piece looks back past all of them.</summary>
    public object Group { get; }

    public HoconOrigin Origin { get; }

    public bool IsInGroup => !ReferenceEquals(Group, this);

    public bool IsPlainObject => Node is ObjectNode && !IsInGroup;

    /// <summary>Surely neither an object nor undefined, so that nothing below it counts.</summary>
    public bool HidesBelow => Node is ScalarNode or ArrayNode || (IsSettled && Value is not null and not HoconObject);

    /// <summary>
    /// The resolver's working state: the value once settled, and the level at which its evaluation runs (0 = it does not).
    /// </summary>
    public HoconValue? Value { get; set; }

    public bool IsSettled { get; set; }

    public int EvaluationLevel { get; set; }
}
