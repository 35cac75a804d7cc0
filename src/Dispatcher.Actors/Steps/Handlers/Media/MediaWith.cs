using System.Globalization;
using System.Text.Json;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>
/// Reads a step's <c>with</c>. The schema has been checked before, but an expression may have given anything, so each value is checked again
/// and refused as <c>INVALID_WITH</c>, naming the field.
/// </summary>
internal readonly struct MediaWith(StepContext context)
{
    private readonly JsonElement? _with = context.With;
    private readonly string _step = context.Step.Id;

    /// <summary>A text that must be there and not be empty.</summary>
    public string Text(string name) => OptionalText(name) ?? throw Refused(name, "is missing; it must be a text");

    public string Text(string name, string fallback) => OptionalText(name) ?? fallback;

    /// <summary>A number, or a text that holds one; the fallback where there is none.</summary>
    public double Number(string name, double? fallback, double minimum, double maximum)
    {
        if (Value(name) is not { } value) return fallback ?? throw Refused(name, "is missing; it must be a number");
        var text = value.ValueKind is JsonValueKind.Number or JsonValueKind.String ? value.ToString() : null;
        var isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number);
        return isNumber && number >= minimum && number <= maximum
            ? number
            : throw Refused(name, $"is {value.GetRawText()}; it must be a number from {minimum} to {maximum}");
    }

    /// <summary>A time: seconds as a number, or a text in one of the plan's notations. Milliseconds.</summary>
    public long TimeMs(string name)
    {
        var isText = Value(name) is { ValueKind: JsonValueKind.String };
        return isText && CutTime.TryParse(Value(name)!.Value.GetString(), out var milliseconds)
            ? milliseconds
            : CutTime.FromSeconds(Number(name, fallback: null, 0, int.MaxValue));
    }

    /// <summary>The value as it is; null if absent or null.</summary>
    public JsonElement? Value(string name) =>
        _with is { ValueKind: JsonValueKind.Object } with && with.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    public StepFailedException Refused(string name, string fault) =>
        MediaFailure.Invalid(MediaFailure.InvalidWith, $"Step {_step}: `with.{name}` {fault}. Mend the workflow or the job's input.");

    private string? OptionalText(string name)
    {
        if (Value(name) is not { } value) return null;
        return value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text
            : throw Refused(name, $"is {value.GetRawText()}; it must be a text");
    }
}
