namespace Dispatcher.Web.Tests.Support;

/// <summary>Small workflows for tests.</summary>
internal static class Workflows
{
    /// <summary>One step that ends at once.</summary>
    public const string Quick =
        """
        name: quick
        version: 1
        steps:
          - id: one
            uses: noop
        """;

    /// <summary>Waits for approval; then a step that sleeps for an hour.</summary>
    public const string Guarded =
        """
        name: guarded
        version: 1
        approval: required
        steps:
          - id: wait
            uses: delay
            with: { duration: 1h }
        """;

    /// <summary>One step for a worker, of the queue <c>outside</c>.</summary>
    public const string Outside =
        """
        name: outside
        version: 1
        steps:
          - id: one
            uses: worker
            with: { queue: outside, heartbeat: 1h }
        """;

    /// <summary>Sleeps for an hour.</summary>
    public const string Slow =
        """
        name: slow
        version: 1
        steps:
          - id: wait
            uses: delay
            with: { duration: 1h }
        """;

    /// <summary>Fails at once, for good.</summary>
    public const string Failing =
        """
        name: failing
        version: 1
        steps:
          - id: first
            uses: noop
          - id: second
            uses: fail
            needs: [first]
            with: { class: permanent, message: no luck }
        """;

    /// <summary>Has an input schema.</summary>
    public const string Picky =
        """
        name: picky
        version: 1
        input:
          type: object
          additionalProperties: false
          required: [video]
          properties:
            video: { type: string }
            quality: { type: integer, minimum: 1, maximum: 10 }
        steps:
          - id: one
            uses: noop
        """;
}
