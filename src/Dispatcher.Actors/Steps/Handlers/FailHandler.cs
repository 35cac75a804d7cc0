using Dispatcher.Jobs;
using Dispatcher.Workflows;

namespace Dispatcher.Steps.Handlers;

/// <summary>
/// <c>fail</c>: fails with <c>message</c>, <c>class</c> (transient unless given) and <c>code</c>; with <c>until_attempt: n</c> it works from
/// attempt n on.
/// </summary>
public sealed class FailHandler : IStepHandler
{
    private static readonly Lazy<JsonSchema> Schema = new(() => JsonSchema.Parse(
        """
        {
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "message": { "type": "string" },
            "class": { "enum": ["transient", "timeout", "worker-lost", "invalid-input", "permanent"] },
            "code": { "type": "string" },
            "until_attempt": { "type": "integer", "minimum": 1 }
          }
        }
        """));

    public string Name => "fail";

    public JsonSchema? With => Schema.Value;

    public ValueTask<StepResult> Run(StepContext context)
    {
        var input = new StepInput(context.With);
        var message = input.OptionalString("message") ?? "the step was told to fail";
        var code = input.OptionalString("code");
        var @class = ClassOf(input.OptionalString("class") ?? "transient");
        var worksFrom = input.OptionalInteger("until_attempt", 1, int.MaxValue);
        if (context.Attempt >= worksFrom) return new(StepResult.Completed.Empty);
        throw new StepFailedException(@class, message, code);
    }

    private static ErrorClass ClassOf(string text) => KebabCaseEnumConverter<ErrorClass>.TryParse(text, out var @class)
        ? @class
        : throw StepInput.Fault("class", "expected transient, timeout, worker-lost, invalid-input or permanent");
}
