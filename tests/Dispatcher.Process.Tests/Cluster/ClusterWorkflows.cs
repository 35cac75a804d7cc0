using Dispatcher.Workflows;

namespace Dispatcher.Process.Tests.Cluster;

/// <summary>The shapes of the load: quick, sleeping, fanned out, and one whose step goes on for seconds.</summary>
internal static class ClusterWorkflows
{
    private const string Retry = "retry: { max_attempts: 200, backoff: constant, initial: 20ms, on: [transient, timeout, worker-lost] }";

    public static IReadOnlyList<WorkflowDefinition> All { get; } =
    [
        Parse($$"""
            name: quick
            version: 1
            steps:
              - { id: one, uses: test.effect, {{Retry}} }
              - { id: two, uses: test.effect, needs: [one], {{Retry}} }
            """),
        Parse($$"""
            name: sleeping
            version: 1
            steps:
              - { id: one, uses: test.effect, {{Retry}} }
              - { id: nap, uses: delay, needs: [one], with: { duration: 500ms }, {{Retry}} }
              - { id: two, uses: test.effect, needs: [nap], {{Retry}} }
            """),
        Parse($$"""
            name: fanned
            version: 1
            steps:
              - { id: each, uses: test.effect, for_each: [1, 2, 3], {{Retry}} }
            """),
        Parse($$"""
            name: long
            version: 1
            steps:
              - { id: one, uses: test.effect, with: { ms: 2500 }, {{Retry}} }
            """),
    ];

    private static WorkflowDefinition Parse(string yaml) => WorkflowDefinition.Parse(yaml, "cluster");
}
