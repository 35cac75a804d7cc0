using System.Globalization;
using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Workflows;

/// <summary>
/// Reads the keys of one object, reports what is wrong with each, and keeps the canonical spelling of what it read: values equal to
/// a default are left out.
/// </summary>
internal sealed class Fields
{
    private readonly List<(string Name, SourceNode Value)> _canonical = [];
    private readonly FaultReport _report;

    private Fields(SourceNode node, FieldPath path, FaultReport report) => (Node, Path, _report) = (node, path, report);

    public SourceNode Node { get; }

    public FieldPath Path { get; }

    /// <summary>What was read, in one spelling.</summary>
    public SourceNode Canonical => SourceNode.OfProperties(_canonical);

    public bool IsCanonicallyEmpty => _canonical.Count == 0;

    /// <summary>The object's fields; null if it is none. Unknown keys are reported here.</summary>
    public static Fields? Open(SourceNode node, FieldPath path, FaultReport report, string[] known)
    {
        if (node.Kind != JsonValueKind.Object)
        {
            report.Add(WorkflowFaultCodes.WrongType, node, path,
                $"must be an object with the keys {string.Join(", ", known)}, not {JsonValues.NameOf(node.Kind)}");
            return null;
        }

        foreach (var property in node.Properties.Where(property => !known.Contains(property.Name, StringComparer.Ordinal)))
        {
            report.Add(WorkflowFaultCodes.UnknownKey, (property.Line, property.Column), path.Property(property.Name),
                $"unknown key{Suggestion.For(property.Name, known)}; known are {string.Join(", ", known)}");
        }

        return new Fields(node, path, report);
    }

    public SourceNode? Raw(string key) => Node.Property(key);

    /// <summary>The value as it stands, kept as it is.</summary>
    public SourceNode? Kept(string key)
    {
        var value = Raw(key);
        if (value is not null) Keep(key, value);
        return value;
    }

    public void Keep(string key, SourceNode canonical) => _canonical.Add((key, canonical));

    public void Require(string key)
    {
        if (Raw(key) is null) _report.Add(WorkflowFaultCodes.MissingKey, Node, Path, $"the key '{key}' is missing");
    }

    public void Fault(string code, string key, string message) => _report.Add(code, Raw(key) ?? Node, Path.Property(key), message);

    public string? Text(string key)
    {
        if (Raw(key) is not { } value) return null;
        if (value.Kind != JsonValueKind.String)
        {
            var hint = value.Kind is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False ? "; quote it" : "";
            Fault(WorkflowFaultCodes.WrongType, key, $"must be a text, not {JsonValues.NameOf(value.Kind)}{hint}");
            return null;
        }

        Keep(key, value);
        return value.Text;
    }

    public string? Name(string key, NameRule rule)
    {
        if (Text(key) is not { } name) return null;
        if (rule.Allows(name)) return name;
        Fault(WorkflowFaultCodes.InvalidValue, key, rule.FaultOf(name));
        return null;
    }

    public int? Integer(string key, int minimum, int maximum, int? @default = null)
    {
        if (Raw(key) is not { } value) return null;
        if (value.Kind == JsonValueKind.Number && int.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= minimum && number <= maximum)
        {
            if (number != @default) Keep(key, value);
            return number;
        }

        FaultInNumber(key, value, $"must be a whole number, {minimum} to {maximum}");
        return null;
    }

    /// <summary>True or false; not kept.</summary>
    public bool? Boolean(string key)
    {
        if (Raw(key) is not { } value) return null;
        if (value.Kind is JsonValueKind.True or JsonValueKind.False) return value.Kind == JsonValueKind.True;
        Fault(WorkflowFaultCodes.WrongType, key, $"must be true or false{Written(value)}");
        return null;
    }

    public double? Number(string key, double minimum, double maximum, double @default)
    {
        if (Raw(key) is not { } value) return null;
        if (value.Kind == JsonValueKind.Number && double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number >= minimum && number <= maximum)
        {
            if (!number.Equals(@default)) Keep(key, value);
            return number;
        }

        FaultInNumber(key, value, string.Create(CultureInfo.InvariantCulture, $"must be a number, {minimum} to {maximum}"));
        return null;
    }

    public TimeSpan? Duration(string key, bool allowsZero = false, TimeSpan? @default = null)
    {
        if (Raw(key) is not { } value) return null;
        if (value.Kind == JsonValueKind.String && Workflows.Duration.TryParse(value.Text, out var duration) && (allowsZero || duration > TimeSpan.Zero))
        {
            if (duration != @default) Keep(key, SourceNode.OfString(Workflows.Duration.Format(duration)));
            return duration;
        }

        var longest = Workflows.Duration.Format(WorkflowLimits.Duration);
        FaultInNumber(key, value, $"must be a duration such as 500ms, 30s, 1h30m or PT1H30M, {(allowsZero ? "0s or more" : "more than 0s")} and at most {longest}");
        return null;
    }

    public TEnum? Choice<TEnum>(string key, TEnum @default) where TEnum : struct, Enum
    {
        if (Raw(key) is not { } value) return null;
        if (ChoiceOf<TEnum>(value, Path.Property(key)) is not { } choice) return null;
        if (!choice.Equals(@default)) Keep(key, value);
        return choice;
    }

    public TEnum? ChoiceOf<TEnum>(SourceNode value, FieldPath path) where TEnum : struct, Enum
    {
        if (value.Kind == JsonValueKind.String && KebabCaseEnumConverter<TEnum>.TryParse(value.Text, out var choice)) return choice;
        var names = Enum.GetValues<TEnum>().Select(name => name.ToText()).ToArray();
        _report.Add(value.Kind == JsonValueKind.String ? WorkflowFaultCodes.InvalidValue : WorkflowFaultCodes.WrongType, value, path,
            $"must be {string.Join(" or ", names)}{Written(value)}{Suggestion.For(value.Text, names)}");
        return null;
    }

    /// <summary>The items of a list with their paths; empty if there is none.</summary>
    public IReadOnlyList<(SourceNode Node, FieldPath Path)> Items(string key, int maximum = int.MaxValue)
    {
        if (Raw(key) is not { } value) return [];
        var path = Path.Property(key);
        if (value.Kind != JsonValueKind.Array)
        {
            Fault(WorkflowFaultCodes.WrongType, key, $"must be a list, not {JsonValues.NameOf(value.Kind)}");
            return [];
        }

        if (value.Items.Length > maximum) Fault(WorkflowFaultCodes.TooLarge, key, $"has at most {maximum} items, not {value.Items.Length}");
        return [.. value.Items.Take(maximum).Select((item, index) => (item, path.Item(index)))];
    }

    /// <summary>The texts of a list without repetition.</summary>
    public IReadOnlyList<(string Text, SourceNode Node, FieldPath Path)> Texts(string key)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var texts = new List<(string, SourceNode, FieldPath)>();
        foreach (var (node, path) in Items(key))
        {
            if (node.Kind != JsonValueKind.String)
                _report.Add(WorkflowFaultCodes.WrongType, node, path, $"must be a text, not {JsonValues.NameOf(node.Kind)}");
            else if (!seen.Add(node.Text)) _report.Add(WorkflowFaultCodes.Duplicate, node, path, $"'{Suggestion.Clip(node.Text)}' is in the list twice");
            else texts.Add((node.Text, node, path));
        }

        return texts;
    }

    private void FaultInNumber(string key, SourceNode value, string expected)
    {
        var isOfKind = value.Kind is JsonValueKind.Number or JsonValueKind.String;
        Fault(isOfKind ? WorkflowFaultCodes.InvalidValue : WorkflowFaultCodes.WrongType, key, expected + Written(value));
    }

    private static string Written(SourceNode value) => value.Kind switch
    {
        JsonValueKind.String => $", not '{Suggestion.Clip(value.Text)}'",
        JsonValueKind.Number => $", not {Suggestion.Clip(value.Text)}",
        var kind => $", not {JsonValues.NameOf(kind)}",
    };
}
