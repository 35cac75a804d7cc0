using Dispatcher.Web.Contracts.JobOrchestrator;

namespace Dataset;

/// <summary>The sample of the JobOrchestrator's document, with real steps behind it.</summary>
internal static class DatasetWorkflow
{
    public static WorkflowSpec Of(DatasetSteps steps) => new(
        "Dataset Build Workflow",
        [
            new WorkflowStep("Download Images", "download", steps.Download) { MaxRetries = 3, EstimatedDuration = TimeSpan.FromSeconds(300) },
            new WorkflowStep("Validate Images", "validate", steps.Validate) { MaxRetries = 2, Dependencies = [0], EstimatedDuration = TimeSpan.FromSeconds(200) },
            new WorkflowStep("Deduplicate Images", "deduplicate", steps.Deduplicate) { MaxRetries = 2, Dependencies = [1], EstimatedDuration = TimeSpan.FromSeconds(150) },
            new WorkflowStep("Label Images", "label", steps.Label) { MaxRetries = 1, Dependencies = [2], EstimatedDuration = TimeSpan.FromSeconds(100) },
            new WorkflowStep("Store Images", "storage", steps.Store) { MaxRetries = 2, Dependencies = [3], EstimatedDuration = TimeSpan.FromSeconds(200) },
        ]);
}
