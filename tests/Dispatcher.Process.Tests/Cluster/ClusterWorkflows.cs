using Dispatcher.Workflows;

namespace Dispatcher.Process.Tests.Cluster;

/// <summary>The shapes of the load: quick, sleeping, fanned out, and one whose step goes on for seconds.</summary>
internal static class ClusterWorkflows
{
    /// <summary>Attempts that a killed process lost count, so there are more of them than faults.</summary>
    public const string Retry = "retry: { max_attempts: 200, backoff: constant, initial: 20ms, on: [transient, timeout, worker-lost] }";

    /// <summary>The stage of the fanned one: at most <see cref="Cap"/> steps of it run at once, over the whole cluster.</summary>
    public const string Capped = "capped";

    public const int Cap = 12;

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
              - { id: each, uses: test.effect, stage: {{Capped}}, for_each: [1, 2, 3], {{Retry}} }
            """),
        Parse($$"""
            name: long
            version: 1
            steps:
              - { id: one, uses: test.effect, with: { ms: 2500 }, {{Retry}} }
            """),
    ];

    /// <summary>Goes on for longer than a node may trust itself; the load has none of it.</summary>
    public static WorkflowDefinition Enduring { get; } = Parse($$"""
        name: enduring
        version: 1
        steps:
          - { id: one, uses: test.effect, with: { ms: 30000 }, {{Retry}} }
        """);

    private static WorkflowDefinition Parse(string yaml) => WorkflowDefinition.Parse(yaml, "cluster");
}
