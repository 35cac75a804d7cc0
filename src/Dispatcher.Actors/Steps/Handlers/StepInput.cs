using System.Globalization;
using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Steps.Handlers;

/// <summary>
/// Reads a step's evaluated <c>with</c>. The schema was checked before, but values of expressions are known only now; so each read checks again,
/// and a fault names its field. Absent and null are the same.
/// </summary>
internal sealed class StepInput
{
    public const string FaultCode = "INVALID_INPUT";

    private readonly JsonElement? _with;

    /// <exception cref="StepFailedException">There is a <c>with</c>, but it is not an object.</exception>
    public StepInput(JsonElement? with)
    {
        if (with is { ValueKind: not (JsonValueKind.Object or JsonValueKind.Null) })
        {
            throw new StepFailedException(ErrorClass.InvalidInput, "with: expected an object", FaultCode);
        }

        _with = with;
    }

    public static StepFailedException Fault(string field, string problem) => new(ErrorClass.InvalidInput, $"with.{field}: {problem}", FaultCode);

    public JsonElement? Value(string field) =>
        _with is { ValueKind: JsonValueKind.Object } with && with.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    public string RequiredString(string field) => OptionalString(field) ?? throw Fault(field, "is required");

    public string? OptionalString(string field) => Value(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        _ => throw Fault(field, "expected a string"),
    };

    public double? OptionalNumber(string field, double minimum, double maximum)
    {
        if (Value(field) is not { } value) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= minimum && number <= maximum
            ? number
            : throw Fault(field, string.Create(CultureInfo.InvariantCulture, $"expected a number from {minimum} to {maximum}"));
    }

    public int? OptionalInteger(string field, int minimum, int maximum) => Value(field) is { } value ? Integer(value, field, minimum, maximum) : null;

    /// <summary>A duration such as <c>500ms</c>, <c>5s</c> or <c>1h30m</c>, not longer than <see cref="DurationText.Limit"/>.</summary>
    public TimeSpan? OptionalDuration(string field)
    {
        if (OptionalString(field) is not { } text) return null;
        return DurationText.TryParse(text, out var duration)
            ? duration
            : throw Fault(field, "expected a duration such as 500ms, 5s or 1h30m, at most 366d");
    }

    public DateTimeOffset? OptionalTime(string field)
    {
        if (OptionalString(field) is not { } text) return null;
        var valid = DateTimeOffset.TryParseExact(
            text,
            ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"],
            CultureInfo.InvariantCulture,
            DateTimeStyles.None,
            out var time);
        var hasZone = text.EndsWith('Z') || (text.Length > 6 && text[^6] is '+' or '-' && text[^3] == ':');
        return valid && hasZone ? time : throw Fault(field, "expected a time as in RFC 3339, such as 2026-03-01T08:00:00Z");
    }

    /// <summary>Strings; numbers and booleans, which a whole-string expression may give, are taken as they are written in JSON.</summary>
    public IReadOnlyList<string> Strings(string field) => [.. Items(field).Select((item, index) => Text(item, $"{field}[{index}]"))];

    /// <summary>One integer or a list of them.</summary>
    public IReadOnlyList<int> Integers(string field, int minimum, int maximum) => Value(field) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } => [.. Items(field).Select((item, index) => Integer(item, $"{field}[{index}]", minimum, maximum))],
        { } single => [Integer(single, field, minimum, maximum)],
    };

    public IReadOnlyDictionary<string, string> StringMap(string field)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Value(field) is not { } value) return map;
        if (value.ValueKind != JsonValueKind.Object) throw Fault(field, "expected an object of strings");
        foreach (var property in value.EnumerateObject()) map[property.Name] = Text(property.Value, $"{field}.{property.Name}");
        return map;
    }

    /// <summary>The items of a list; none if the field is absent.</summary>
    public IEnumerable<JsonElement> Items(string field) => Value(field) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list => list.EnumerateArray(),
        _ => throw Fault(field, "expected a list"),
    };

    private static string Text(JsonElement value, string field) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => throw Fault(field, "expected a string"),
    };

    private static int Integer(JsonElement value, string field, int minimum, int maximum) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= minimum && number <= maximum
            ? number
            : throw Fault(field, string.Create(CultureInfo.InvariantCulture, $"expected a whole number from {minimum} to {maximum}"));
}
