using Dispatcher.Steps;
using Dispatcher.Web.Contracts.JobOrchestrator;

namespace Dispatcher.Web.Tests.Contracts.JobOrchestrator;

/// <summary>Workflows of the document, and code that tests tell what to do.</summary>
internal static class Samples
{
    /// <summary>The sample: Download(3, 300 s), Validate(2, 200), Deduplicate(2, 150), Label(1, 100), Store(2, 200).</summary>
    public static WorkflowSpec Dataset(string handler) => Dataset((name, type) => new WorkflowStep(name, type, handler));

    public static WorkflowSpec Dataset(Script script) => Dataset((name, type) => new WorkflowStep(name, type, context => script.Run(name, context)));

    private static WorkflowSpec Dataset(Func<string, string, WorkflowStep> step) => new(
        "Dataset Build Workflow",
        [
            step("Download Images", "download") with { MaxRetries = 3, EstimatedDuration = TimeSpan.FromSeconds(300) },
            step("Validate Images", "validate") with { MaxRetries = 2, Dependencies = [0], EstimatedDuration = TimeSpan.FromSeconds(200) },
            step("Deduplicate Images", "deduplicate") with { MaxRetries = 2, Dependencies = [1], EstimatedDuration = TimeSpan.FromSeconds(150) },
            step("Label Images", "label") with { MaxRetries = 1, Dependencies = [2], EstimatedDuration = TimeSpan.FromSeconds(100) },
            step("Store Images", "storage") with { MaxRetries = 2, Dependencies = [3], EstimatedDuration = TimeSpan.FromSeconds(200) },
        ]);
}

/// <summary>What the functions of a workflow do: by default each returns <c>{ by, got }</c>.</summary>
internal sealed class Script
{
    private readonly System.Collections.Concurrent.ConcurrentQueue<string> _calls = new();

    public Dictionary<string, Func<StepContext, Task<object?>>> Does { get; } = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Calls => [.. _calls];

    public async Task<object?> Run(string name, StepContext context)
    {
        _calls.Enqueue(name);
        return Does.TryGetValue(name, out var own) ? await own(context) : new { by = name, got = context.With };
    }
}
