namespace Dispatcher.Host.Configuration.Hocon;

/// <summary>
/// Turns nodes into values. A slot is a stack of contributions, read from the top; nothing that is hidden is evaluated.
///
/// Substitutions follow HOCON's three rules. They are lazy: a path is walked field by field, so that an object may refer to parts
/// of itself. They look forward: a path means what the slot holds in the end. And they look back: a contribution that refers to
/// its own slot, or that is needed to compute itself, is left out and what lies below it counts.
///
/// A value that was computed while something was left out belongs to that place only, so it is not kept for others
/// (<see cref="_lookedBackTo"/>).
/// </summary>
internal sealed partial class HoconResolver(Func<string, string?> environment)
{
    private readonly Stack<(Contribution Owner, IReadOnlyList<Contribution> Slot, int Index)> _evaluating = new();
    private IReadOnlyList<Contribution> _root = [];
    private int _level;
    private int _steps;

    /// <summary>The lowest level whose contribution was left out since the current evaluation began.</summary>
    private int _lookedBackTo = int.MaxValue;

    /// <summary>Resolves documents as if they stood one after the other in one file.</summary>
    public HoconValue Resolve(IEnumerable<HoconNode> layers)
    {
        _root = [.. layers.Select(layer => new Contribution(layer))];
        return Evaluate(_root) ?? throw new InvalidOperationException("A document resolves to a value.");
    }

    /// <summary>The value of a slot, or null when it is undefined.</summary>
    private HoconValue? Evaluate(IReadOnlyList<Contribution> slot)
    {
        List<Contribution>? layers = null;
        Contribution? leftOut = null;
        for (var index = slot.Count - 1; index >= 0; index--)
        {
            var contribution = slot[index];
            if (contribution.Node is ObjectNode)
            {
                (layers ??= []).Add(contribution);
                continue;
            }

            if (contribution.EvaluationLevel > 0)
            {
                leftOut = LeaveOut(contribution);
                continue;
            }

            if (layers is not null && contribution.HidesBelow)
                break;
            var value = ValueOf(contribution, slot, index);
            if (value is null)
                continue;
            if (value is HoconObject)
            {
                (layers ??= []).Add(new Contribution(value));
                continue;
            }

            if (contribution.IsInGroup)
            {
                throw new HoconException(
                    contribution.Origin,
                    $"An object cannot be joined with {value.KindName}",
                    "Refer to an object here, or remove the braces beside it");
            }

            if (layers is null)
                return value;
            break;
        }

        if (layers is not null)
            return Merge(layers);
        return leftOut is null ? null : throw new HoconCycleException(
            leftOut.Origin,
            "This value is needed to compute itself",
            "Break the cycle");
    }

    /// <summary>Makes one object of layers, the topmost first.</summary>
    private HoconObject Merge(List<Contribution> layers)
    {
        if (layers is [{ IsSettled: true, Value: HoconObject only }])
            return only;

        layers.Reverse();
        EnterLevel(layers[^1].Origin);
        var fields = new OrderedDictionary<string, HoconValue>(StringComparer.Ordinal);
        foreach (var key in layers.SelectMany(KeysOf).Distinct(StringComparer.Ordinal))
        {
            Step(layers[^1].Origin);
            var leftOut = false;
            if (Child(layers, key, ref leftOut) is { } slot && Evaluate(slot) is { } value)
                fields.Add(key, value);
        }

        _level--;
        return Bounded(new HoconObject(fields, layers[^1].Origin));
    }

    private static IEnumerable<string> KeysOf(Contribution layer) =>
        layer.Node is ObjectNode node ? node.Fields.Keys : ((HoconObject)layer.Value!).Select(field => field.Key);

    /// <summary>The slot of a key within a slot, or null when nothing in it has the key.</summary>
    private IReadOnlyList<Contribution>? Child(IReadOnlyList<Contribution> slot, string key, ref bool leftOut)
    {
        List<IReadOnlyList<Contribution>>? parts = null;
        for (var index = slot.Count - 1; index >= 0; index--)
        {
            var contribution = slot[index];
            IReadOnlyList<Contribution>? part = null;
            if (contribution.Node is ObjectNode node)
            {
                part = node.Fields.GetValueOrDefault(key);
            }
            else if (contribution.HidesBelow)
            {
                break;
            }
            else if (contribution.EvaluationLevel > 0)
            {
                LeaveOut(contribution);
                leftOut = true;
            }
            else
            {
                var value = ValueOf(contribution, slot, index);
                if (value is HoconObject resolved)
                    part = resolved.TryGet(key, out var child) ? [new Contribution(child)] : null;
                else if (value is not null)
                    break;
            }

            if (part is null)
                continue;
            (parts ??= []).Add(part);
            if (part.Any(below => below.HidesBelow))
                break;
        }

        if (parts is null or [_])
            return parts?[0];
        parts.Reverse();
        return [.. parts.SelectMany(part => part)];
    }

    private HoconValue? ValueOf(Contribution contribution, IReadOnlyList<Contribution> slot, int index)
    {
        if (contribution.IsSettled)
            return contribution.Value;
        if (contribution.Node is ScalarNode scalar)
            return scalar.Value;

        EnterLevel(contribution.Origin);
        Step(contribution.Origin);
        var level = _level;
        var outer = _lookedBackTo;
        _lookedBackTo = int.MaxValue;
        contribution.EvaluationLevel = level;
        _evaluating.Push((contribution, slot, index));
        try
        {
            var value = Evaluate(contribution.Node!);
            if (_lookedBackTo >= level)
            {
                contribution.Value = value;
                contribution.IsSettled = true;
            }

            return value;
        }
        finally
        {
            _evaluating.Pop();
            contribution.EvaluationLevel = 0;
            _level = level - 1;
            _lookedBackTo = Math.Min(outer, _lookedBackTo >= level ? int.MaxValue : _lookedBackTo);
        }
    }

    private HoconValue? Evaluate(HoconNode node) => node switch
    {
        SubstitutionNode substitution => Substitute(substitution),
        ConcatenationNode concatenation => Join(concatenation),
        ArrayNode array => List(array),
        PreviousValueNode => PreviousValue(),
        ScalarNode scalar => scalar.Value,
        _ => throw new InvalidOperationException($"{node.GetType().Name} is read as a layer."),
    };

    /// <summary>The left side of <c>+=</c>: what the slot holds below the value that is being computed.</summary>
    private HoconValue? PreviousValue()
    {
        var (_, slot, index) = _evaluating.Peek();
        return Evaluate([.. slot.Take(index)]);
    }

    private HoconArray List(ArrayNode array)
    {
        var items = new List<HoconValue>(array.Elements.Count);
        foreach (var element in array.Elements)
        {
            if (Evaluate(element) is { } item)
                items.Add(item);
        }

        return Bounded(new HoconArray(items, array.Origin));
    }

    private Contribution LeaveOut(Contribution contribution)
    {
        _lookedBackTo = Math.Min(_lookedBackTo, contribution.EvaluationLevel);
        return contribution;
    }

    private void EnterLevel(HoconOrigin origin)
    {
        if (++_level > HoconLimits.EvaluationLevels)
        {
            throw new HoconException(
                origin,
                $"More than {HoconLimits.EvaluationLevels} values depend on each other in one chain",
                "Shorten the chain of substitutions");
        }
    }

    private void Step(HoconOrigin origin)
    {
        if (++_steps > HoconLimits.EvaluationSteps)
        {
            throw new HoconException(
                origin,
                $"The document takes more than {HoconLimits.EvaluationSteps} steps to resolve",
                "Refer to fewer or smaller objects");
        }
    }

    private static T Bounded<T>(T value)
        where T : HoconValue
    {
        if (value.Weight > HoconLimits.TreeWeight)
            throw TooLarge(value.Origin);
        if (value.Depth > HoconLimits.NestingLevels)
        {
            throw new HoconException(
                value.Origin,
                $"The substitutions here nest more than {HoconLimits.NestingLevels} levels deep",
                "Flatten the document");
        }

        return value;
    }

    private static HoconException TooLarge(HoconOrigin origin) =>
        new(origin, "The substitutions here expand to an enormous value", "Refer to fewer or smaller objects");
}
