using System.Text.Json;
using Dispatcher.Workflows;

namespace Dispatcher.Steps.Handlers;

/// <summary>
/// <c>delay</c>: completes later, after <c>duration</c> or <c>seconds</c>, or at the time <c>until</c>; holds no thread and no memory until then.
/// Output: <c>{until}</c>. A time in the past completes at once.
/// </summary>
public sealed class DelayHandler : IStepHandler
{
    private static readonly Lazy<JsonSchema> Schema = new(() => JsonSchema.Parse(
        """
        {
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "duration": { "type": "string", "description": "500ms, 5s, 1h30m; one of duration, seconds and until is required" },
            "seconds": { "type": "number", "minimum": 0 },
            "until": { "type": "string", "description": "a time as in RFC 3339" }
          }
        }
        """));

    public string Name => "delay";

    public JsonSchema? With => Schema.Value;

    public ValueTask<StepResult> Run(StepContext context)
    {
        var input = new StepInput(context.With);
        var duration = input.OptionalDuration("duration");
        var seconds = input.OptionalNumber("seconds", 0, DurationText.Limit.TotalSeconds);
        var until = input.OptionalTime("until");
        if ((duration is null ? 0 : 1) + (seconds is null ? 0 : 1) + (until is null ? 0 : 1) != 1)
        {
            throw StepInput.Fault("duration", "give exactly one of duration, seconds and until");
        }

        var at = until ?? (context.Time.GetUtcNow() + (duration ?? TimeSpan.FromSeconds(seconds!.Value)));
        return new(new StepResult.CompleteAt(at, JsonSerializer.SerializeToElement(new { until = at })));
    }
}
