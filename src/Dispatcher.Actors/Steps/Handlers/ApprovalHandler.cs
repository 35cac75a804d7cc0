using Dispatcher.Jobs;
using Dispatcher.Workflows;

namespace Dispatcher.Steps.Handlers;

/// <summary>
/// <c>approval</c>: waits until somebody approves or rejects the step, without holding memory. <c>deadline</c> bounds the wait and <c>on_timeout</c> says what
/// it then becomes (<c>reject</c> unless given); <c>prompt</c> is what the approver is asked. Output: <c>{decision, by, reason, at}</c>.
/// </summary>
public sealed class ApprovalHandler : IStepHandler
{
    private static readonly Lazy<JsonSchema> Schema = new(() => JsonSchema.Parse(
        """
        {
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "deadline": { "type": "string", "description": "72h, 30m" },
            "on_timeout": { "enum": ["reject", "approve"] },
            "prompt": { "type": "string", "maxLength": 2000 }
          }
        }
        """));

    public string Name => "approval";

    public JsonSchema? With => Schema.Value;

    public ValueTask<StepResult> Run(StepContext context)
    {
        var input = new StepInput(context.With);
        var onTimeout = input.OptionalString("on_timeout") ?? "reject";
        if (!KebabCaseEnumConverter<OnTimeout>.TryParse(onTimeout, out var choice)) throw StepInput.Fault("on_timeout", "expected reject or approve");
        var prompt = input.OptionalString("prompt");
        if (prompt?.Length > JobLimits.PromptCharacters) throw StepInput.Fault("prompt", $"has at most {JobLimits.PromptCharacters} characters");
        return new(new StepResult.AwaitApproval(input.OptionalDuration("deadline"), choice, prompt));
    }
}
