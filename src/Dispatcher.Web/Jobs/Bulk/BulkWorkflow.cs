using Dispatcher.Workflows;

namespace Dispatcher.Web.Jobs.Bulk;

/// <summary>The workflow of the jobs that carry bulk commands out. In nobody's registry: only <see cref="BulkEndpoint"/> makes such jobs.</summary>
internal static class BulkWorkflow
{
    public const string Name = "dispatcher-bulk";

    /// <summary>All outcomes, a line each; there when the job has completed.</summary>
    public const string OutcomesPath = "outcomes.jsonl";

    public static WorkflowDefinition Definition { get; } = WorkflowDefinition.Parse(
        $$"""
        name: {{Name}}
        version: 1
        description: Gives one command to all jobs that a filter finds
        steps:
          - id: command
            uses: {{BulkHandler.HandlerName}}
            with: { order: "${input}" }
            stage: {{BulkHandler.HandlerName}}
            retry: { max_attempts: 10, initial: 1s, factor: 2, max: 1m }
        output: { totals: "${steps.command.output}" }
        """,
        Name);
}
