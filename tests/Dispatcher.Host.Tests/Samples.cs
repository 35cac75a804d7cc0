namespace Dispatcher.Host.Tests;

/// <summary>Workflows for commands.</summary>
internal static class Samples
{
    public const string Three = """
        name: three
        version: 1
        input:
          type: object
          additionalProperties: false
          properties:
            name: { type: string }
            count: { type: integer }
            file: { type: string, format: path }
            deep: { type: object, properties: { on: { type: boolean }, text: { type: string } } }
        steps:
          - { id: one, uses: noop, with: { input: "${input}" } }
          - { id: two, uses: noop, needs: [one], for_each: [1, 2, 3], with: { item: "${item}" } }
          - { id: three, uses: noop, needs: [two] }
        output: "${steps.one.output.input}"
        """;

    public const string Failing = """
        name: failing
        version: 1
        steps:
          - { id: good, uses: noop }
          - { id: bad, uses: fail, needs: [good], with: { class: permanent, message: "no such codec", code: NO_CODEC } }
          - { id: never, uses: noop, needs: [bad] }
        """;

    public const string Approval = """
        name: gated
        version: 1
        approval: required
        steps: [{ id: one, uses: noop }]
        """;

    /// <summary>Leaves a file.</summary>
    public const string Writing = """
        name: writing
        version: 1
        steps:
          - id: write
            uses: process.run
            with: { command: ffmpeg, args: ["-f", "lavfi", "-i", "anullsrc", "-t", "0.1", "${artifacts.path('out/a.wav')}"] }
            artifacts: [ { name: silence, path: "out/a.wav" } ]
        """;

    /// <summary>Ends by itself after the given time.</summary>
    public static string Sleeping(string duration, string name = "sleeping") => $$"""
        name: {{name}}
        version: 1
        steps:
          - { id: first, uses: noop }
          - { id: nap, uses: delay, needs: [first], with: { duration: {{duration}} } }
          - { id: last, uses: noop, needs: [nap] }
        """;

    /// <summary>Ends when the file exists and not before, however slow the machine is.</summary>
    public static string Waiting(string file, string name) => $$"""
        name: {{name}}
        version: 1
        steps:
          - { id: first, uses: noop }
          - { id: wait, uses: process.run, needs: [first], with: { command: sh, args: ["-c", "until test -e '{{file}}'; do sleep 0.02; done"] } }
          - { id: last, uses: noop, needs: [wait] }
        """;
}
