namespace Dispatcher.Process.Tests.Support;

/// <summary>Small workflows for tests of the process around a job.</summary>
internal static class SmallWorkflows
{
    /// <summary>Lets workflows run a shell, so that a step can be told from outside what to do.</summary>
    public static readonly IReadOnlyDictionary<string, string?> AllowShell =
        new Dictionary<string, string?>(StringComparer.Ordinal) { ["DISPATCHER__PROCESS__ALLOWED_COMMANDS"] = "sh" };

    /// <summary>Step <c>first</c> runs a shell script, step <c>second</c> does nothing.</summary>
    public static string Shell(string script) => $$"""
        name: shell
        version: 1
        steps:
          - id: first
            uses: process.run
            with: { command: sh, args: ["-c", {{System.Text.Json.JsonSerializer.Serialize(script)}}] }
            retry: { max_attempts: 5, backoff: constant, initial: 20ms, on: [transient, timeout, worker-lost] }
          - { id: second, uses: noop, needs: [first] }
        """;

    /// <summary>A step that ends once this file is there, and says that it began by making <c>PATH.begun</c>.</summary>
    public static string UntilThereIs(string file) => Shell($"touch '{file}.begun'; while [ ! -e '{file}' ]; do sleep 0.02; done");

    /// <summary><see cref="Naps"/>, and then a step that ends once this file is there: the work cannot be over before a test wants it to.</summary>
    public static string NapsUntilThereIs(string file, int count, int milliseconds) =>
        Naps(count, milliseconds) + $"  - {{ id: last, uses: process.run, needs: [nap{count}], with: {{ command: sh, args: [\"-c\", \"while [ ! -e '{file}' ]; do sleep 0.02; done\"] }} }}\n";

    /// <summary>One short sleep after the other: work for a while in which each event is a commit of its own.</summary>
    public static string Naps(int count, int milliseconds) =>
        "name: naps\nversion: 1\nsteps:\n" + string.Concat(Enumerable.Range(1, count).Select(i =>
            $"  - {{ id: nap{i}, uses: delay, with: {{ duration: {milliseconds}ms }}{(i == 1 ? "" : $", needs: [nap{i - 1}]")} }}\n"));
}
