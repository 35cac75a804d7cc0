using System.Collections.Immutable;
using Dispatcher.Jobs;
using Dispatcher.Workflows;

namespace Dispatcher.Steps.Handlers;

/// <summary>
/// <c>workflow.run</c>: makes a child job of <c>workflow</c> (its newest <c>version</c> unless given) with <c>input</c>, <c>priority</c> (its own unless given) and
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
          "required": ["workflow"],
          "properties": {
            "workflow": { "type": "string", "minLength": 1 },
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
        return new(new StepResult.AwaitChild(input.RequiredString("workflow"))
        {
            Version = input.OptionalInteger("version", 1, int.MaxValue),
            Input = input.Value("input"),
            Priority = input.OptionalInteger("priority", -JobLimits.PriorityMagnitude, JobLimits.PriorityMagnitude),
            Labels = labels.Count == 0 ? null : labels.ToImmutableSortedDictionary(StringComparer.Ordinal),
            FailsAs = input.OptionalString("child_failure") == "transient" ? ErrorClass.Transient : ErrorClass.Permanent,
        });
    }
}
