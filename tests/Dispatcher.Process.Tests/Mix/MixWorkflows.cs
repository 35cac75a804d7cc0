using Dispatcher.Workflows;

namespace Dispatcher.Process.Tests.Mix;

/// <summary>The five shapes of the mix: plain, sleeping, failing, retried, fanned out.</summary>
internal static class MixWorkflows
{
    /// <summary>Attempts that a killed process lost count, so there must be more of them than kills.</summary>
    private const string Retry = "retry: { max_attempts: 200, backoff: constant, initial: 20ms, on: [transient, timeout, worker-lost] }";

    public static IReadOnlyList<WorkflowDefinition> All { get; } =
    [
        Parse($$"""
            name: mix-plain
            version: 1
            steps:
              - { id: one, uses: test.body, {{Retry}} }
              - { id: two, uses: noop, needs: [one], {{Retry}} }
              - { id: three, uses: test.body, needs: [two], {{Retry}} }
            """),
        Parse($$"""
            name: mix-sleeping
            version: 1
            steps:
              - { id: one, uses: test.body, {{Retry}} }
              - { id: two, uses: delay, needs: [one], with: { duration: 150ms }, {{Retry}} }
              - { id: three, uses: test.body, needs: [two], {{Retry}} }
            """),
        Parse($$"""
            name: mix-failing
            version: 1
            steps:
              - { id: one, uses: test.body, {{Retry}} }
              - { id: two, uses: fail, needs: [one], with: { class: permanent, message: as planned }, {{Retry}} }
              - { id: three, uses: test.body, needs: [two], {{Retry}} }
            """),
        Parse($$"""
            name: mix-retried
            version: 1
            steps:
              - { id: one, uses: test.body, with: { fails: 2 }, {{Retry}} }
              - { id: two, uses: test.body, needs: [one], {{Retry}} }
            """),
        Parse($$"""
            name: mix-fanned
            version: 1
            steps:
              - { id: one, uses: test.body, {{Retry}} }
              - { id: each, uses: test.body, needs: [one], for_each: [1, 2, 3, 4], max_concurrency: 2, {{Retry}} }
              - { id: last, uses: test.body, needs: [each], {{Retry}} }
            """),
    ];

    private static WorkflowDefinition Parse(string yaml) => WorkflowDefinition.Parse(yaml, "mix");
}
