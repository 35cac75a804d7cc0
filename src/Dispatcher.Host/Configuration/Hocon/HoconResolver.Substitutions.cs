namespace Dispatcher.Host.Configuration.Hocon;

/// <summary>Substitutions and the concatenations in which they stand.</summary>
internal sealed partial class HoconResolver
{
    private HoconValue? Substitute(SubstitutionNode substitution)
    {
        var shortPath = substitution.Path.Skip(substitution.PrefixLength).ToList();
        var shown = HoconPath.Render(shortPath);
        var level = _level;
        bool isCyclic;
        try
        {
            var value = Follow(substitution.Path, out isCyclic);
            if (value is null && substitution.PrefixLength > 0)
            {
                value = Follow(shortPath, out var shortIsCyclic);
                isCyclic |= shortIsCyclic;
            }

            value ??= FromEnvironment(string.Join('.', shortPath), substitution.Origin);
            if (value is not null)
                return value;
        }
        catch (HoconCycleException) when (substitution.IsOptional)
        {
            _level = level;
            _steps += HoconLimits.StepsPerBrokenCycle;
            return null;
        }
        catch (HoconCycleException fault) when (!fault.NamesPath)
        {
            throw Cycle(substitution.Origin, shown);
        }

        if (substitution.IsOptional)
            return null;
        if (isCyclic)
            throw Cycle(substitution.Origin, shown);
        throw new HoconException(
            substitution.Origin,
            $"The substitution ${{{shown}}} has no value",
            $"Set '{shown}', set an environment variable of that name, or write ${{?{shown}}} if it may be missing");
    }

    /// <summary>Walks a path. Where it passes the slot whose value is being computed, only what lies below that value counts.</summary>
    private HoconValue? Follow(IReadOnlyList<string> path, out bool isCyclic)
    {
        var owner = _evaluating.Peek().Owner;
        isCyclic = false;
        var slot = _root;
        foreach (var key in path)
        {
            if (Child(slot, key, ref isCyclic) is not { } child)
                return null;
            slot = child;
            for (var index = 0; index < slot.Count; index++)
            {
                if (!ReferenceEquals(slot[index].Group, owner.Group))
                    continue;
                isCyclic = true;
                slot = [.. slot.Take(index)];
            }
        }

        return Evaluate(slot);
    }

    private HoconScalar? FromEnvironment(string name, HoconOrigin origin) =>
        environment(name) is { } text
            ? new HoconScalar(text, HoconScalarKind.String, origin with { Source = $"environment variable {name} at {origin.Source}" })
            : null;

    private HoconValue? Join(ConcatenationNode concatenation)
    {
        var values = new List<HoconValue>();
        var texts = new List<HoconScalar>();
        foreach (var piece in concatenation.Pieces)
        {
            if (piece is ScalarNode { IsSeparator: true } separator)
            {
                texts.Add(separator.Value);
                continue;
            }

            if (Evaluate(piece) is not { } value)
                continue;
            values.Add(value);
            if (value is HoconScalar text)
                texts.Add(text);
        }

        if (values.Count <= 1 && !concatenation.Pieces.Any(piece => piece is ScalarNode { IsSeparator: false }))
            return values.SingleOrDefault();
        if (values.TrueForAll(value => value is HoconScalar))
            return JoinTexts(texts, concatenation.Origin);
        if (values.TrueForAll(value => value is HoconObject))
            return Merge([.. values.Select(value => new Contribution(value)).Reverse()]);
        return JoinLists(values);
    }

    private static HoconScalar JoinTexts(List<HoconScalar> texts, HoconOrigin origin)
    {
        if (texts.Sum(text => (long)text.Text.Length) > HoconLimits.TextLength)
        {
            throw new HoconException(
                origin,
                $"The joined text has more than {HoconLimits.TextLength} characters",
                "Refer to shorter texts");
        }

        return new HoconScalar(string.Concat(texts.Select(text => text.Text)), HoconScalarKind.String, origin);
    }

    private static HoconArray JoinLists(List<HoconValue> values)
    {
        if (values.Sum(value => value.Weight) > HoconLimits.TreeWeight)
            throw TooLarge(values[0].Origin);
        var items = new List<HoconValue>();
        foreach (var value in values)
        {
            if (AsList(value) is not { } list)
            {
                var other = values.First(candidate => candidate.GetType() != value.GetType());
                throw new HoconException(
                    value.Origin,
                    $"{other.KindName} cannot be joined with {value.KindName}",
                    "Join lists with lists, objects with objects and texts with texts");
            }

            items.AddRange(list);
        }

        return Bounded(new HoconArray(items, values[0].Origin));
    }

    /// <summary>
    /// A list, or an object whose keys are whole numbers: that is how lists look in a .properties file. The numbers give the
    /// order; gaps close.
    /// </summary>
    private static IReadOnlyList<HoconValue>? AsList(HoconValue value) => value switch
    {
        HoconArray array => array.Items,
        HoconObject fields => HoconValueReading.NumberedItems(fields),
        _ => null,
    };

    private static HoconCycleException Cycle(HoconOrigin origin, string path) =>
        new(
            origin,
            $"The substitution ${{{path}}} closes a cycle and there is no earlier value of '{path}'",
            "Break the cycle with a literal value, or set an earlier one")
        {
            NamesPath = true,
        };
}
