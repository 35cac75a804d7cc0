using System.Globalization;
using System.Text.Json.Nodes;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Functions;
using Dispatcher.Workflows;

namespace Dispatcher.Web.Contracts.JobOrchestrator;

/// <summary>A <see cref="WorkflowSpec"/> as a workflow of the engine: a chain of steps behind an approval, which is the contract's start.</summary>
internal static class OrchestratedDefinition
{
    public const string ContractName = "job-orchestrator";
    public const string ContractLabel = "contract";

    /// <summary>No property of the input: what an operator reads of a job in which a task was skipped.</summary>
    private const string SkippedTask = "a_task_was_skipped";
    private const double LongestDelaySeconds = 1024;

    /// <summary>Anybody may give a job the label: it leads to jobs of the contract, and makes none.</summary>
    public static bool HasLabel(IReadOnlyDictionary<string, string>? labels) => labels?.GetValueOrDefault(ContractLabel) == ContractName;

    public static string StepId(int index) => string.Create(CultureInfo.InvariantCulture, $"task-{index}");

    /// <summary>The step's index; -1 for one that is no task.</summary>
    public static int IndexOf(string stepId) =>
        stepId.StartsWith("task-", StringComparison.Ordinal) && int.TryParse(stepId.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : -1;

    /// <summary>The handler's name of a function: stable, so that any process that has the same workflow can run its jobs.</summary>
    public static string HandlerOf(WorkflowSpec spec, int index) => $"orchestrator.{Slug(spec.Name)}.{StepId(index)}.{Slug(spec.Steps[index].Name)}";

    /// <summary>The functions of a spec as step handlers.</summary>
    public static IEnumerable<IStepHandler> Handlers(WorkflowSpec spec)
    {
        for (var i = 0; i < spec.Steps.Count; i++)
        {
            if (spec.Steps[i].Function is { } function) yield return StepFunction.Of(HandlerOf(spec, i), context => Call(function, context));
        }
    }

    public static WorkflowDefinition Of(WorkflowSpec spec)
    {
        var builder = WorkflowDefinition.Create(Slug(spec.Name), version: 1).Description(spec.Name).Approval().MaxRecoveryAttempts(spec.MaxRecoveryAttempts);
        for (var i = 0; i < spec.Steps.Count; i++) Add(builder, spec, i);
        var ids = Enumerable.Range(0, spec.Steps.Count).Select(StepId).ToList();
        // A skip is always the consequence of a failure, so a workflow with one does not complete: its output leads nowhere. A step that failed would be one more than the contract has.
        var isSkipped = string.Join(" || ", ids.Select(id => $"steps.{id}.status == 'skipped'"));
        return builder.Output($"${{if({isSkipped}, input.{SkippedTask}, null)}}").Build();
    }

    private static void Add(WorkflowBuilder builder, WorkflowSpec spec, int index)
    {
        var step = spec.Steps[index];
        builder.Step(StepId(index), step.Handler ?? HandlerOf(spec, index), new StepOptions
        {
            Needs = index == 0 ? [] : [StepId(index - 1)],
            When = step.Dependencies.Count == 0 ? null : $"${{{string.Join(" && ", step.Dependencies.Distinct().Select(dependency => $"steps.{StepId(dependency)}.status == 'completed'"))}}}",
            Retry = new RetryPolicy { MaxAttempts = step.MaxRetries + 1, Initial = TimeSpan.FromSeconds(1), Factor = 2, Max = TimeSpan.FromSeconds(LongestDelaySeconds) },
            Timeout = step.Timeout,
            EstimatedDuration = step.EstimatedDuration,
            With = step.With ?? DefaultWith(step),
        });
    }

    private static JsonObject DefaultWith(WorkflowStep step) => new()
    {
        ["job_id"] = "${input.job_id}",
        ["metadata"] = "${input.metadata}",
        ["results"] = new JsonArray([.. step.Dependencies.Select(dependency => (JsonNode)$"${{steps.{StepId(dependency)}.output}}")]),
    };

    /// <summary>Whatever a function throws is tried again, as the contract says, and is told in its own words.</summary>
    private static async Task<object?> Call(Func<StepContext, Task<object?>> function, StepContext context)
    {
        try
        {
            return await function(context);
        }
        catch (Exception fault) when (fault is not StepFailedException and not OperationCanceledException)
        {
            throw new StepFailedException(Failure.Of(ErrorClass.Transient, fault.Message), fault);
        }
    }

    /// <summary>A name in the spelling of workflows and handlers.</summary>
    private static string Slug(string name)
    {
        var characters = name.ToLowerInvariant().Select(character => char.IsAsciiLetterOrDigit(character) ? character : '-').ToArray();
        var words = new string(characters).Split('-', StringSplitOptions.RemoveEmptyEntries);
        var slug = string.Join('-', words);
        if (slug.Length == 0 || !char.IsAsciiLetter(slug[0])) slug = $"w-{slug}".TrimEnd('-');
        return slug.Length <= 60 ? slug : slug[..60].TrimEnd('-');
    }
}
