using System.Collections.Immutable;
using Dispatcher.Jobs;
using Dispatcher.Workflows;

namespace Dispatcher.Steps.Handlers;

/// <summary>
/// <c>workflow.run</c>: makes a child job of <c>workflow</c> (its newest <c>version</c> unless given) with <c>input</c>, or of <c>pattern</c> with <c>params</c>, <c>priority</c> (its own unless given) and
/// <c>labels</c>, and waits for its end without holding memory. Output: <c>{job_id, output}</c>. A child that does not complete fails the step
/// for good; with <c>child_failure: transient</c> the step's retry policy may make another child.
/// </summary>
public sealed class WorkflowRunHandler : IStepHandler
{
    private static readonly Lazy<JsonSchema> Schema = new(() => JsonSchema.Parse(
        """
        {
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "workflow": { "type": "string", "minLength": 1 },
            "pattern": { "type": "string", "minLength": 1 },
            "params": {},
            "version": { "type": "integer", "minimum": 1 },
            "input": {},
            "priority": { "type": "integer", "minimum": -100, "maximum": 100 },
            "labels": { "type": "object" },
            "child_failure": { "enum": ["permanent", "transient"] }
          }
        }
        """));

    public string Name => "workflow.run";

    public JsonSchema? With => Schema.Value;

    public ValueTask<StepResult> Run(StepContext context)
    {
        var input = new StepInput(context.With);
        var labels = input.StringMap("labels");
        var pattern = input.OptionalString("pattern");
        if (pattern is not null && input.OptionalString("workflow") is not null) throw StepInput.Fault("pattern", "give either a workflow or a pattern");
        if (pattern is not null && input.Value("input") is not null) throw StepInput.Fault("input", "a pattern takes params");
        if (pattern is null && input.Value("params") is not null) throw StepInput.Fault("params", "a workflow takes input");
        return new(new StepResult.AwaitChild(pattern is null ? input.RequiredString("workflow") : "")
        {
            Pattern = pattern,
            Version = input.OptionalInteger("version", 1, int.MaxValue),
            Input = input.Value(pattern is null ? "input" : "params"),
            Priority = input.OptionalInteger("priority", -JobLimits.PriorityMagnitude, JobLimits.PriorityMagnitude),
            Labels = labels.Count == 0 ? null : labels.ToImmutableSortedDictionary(StringComparer.Ordinal),
            FailsAs = input.OptionalString("child_failure") == "transient" ? ErrorClass.Transient : ErrorClass.Permanent,
        });
    }
}
