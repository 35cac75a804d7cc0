using System.Text.RegularExpressions;
using Dispatcher.Process.Tests.Support;
using OsProcess = System.Diagnostics.Process;

namespace Dispatcher.Process.Tests;

/// <summary>A short talk, made once by the sample's own script, and the sample's workflow with patience for many kills.</summary>
public sealed partial class Talk : IDisposable
{
    private const string Seconds = "14";

    private readonly TemporaryDirectory _directory = new();

    public Talk()
    {
        using var making = OsProcess.Start("bash", [Path.Combine(Samples, "talk", "make-talk.sh"), _directory.Path, Seconds])!;
        making.WaitForExit();
        if (making.ExitCode != 0) throw new InvalidOperationException($"make-talk.sh ended with exit code {making.ExitCode}.");
        Video = _directory.In("talk.mp4");

        var sample = File.ReadAllText(Path.Combine(Samples, "talk", "workflow.yaml"));
        var patient = Retry().Replace(sample, "retry: { max_attempts: 100, backoff: constant, initial: 50ms, on: [transient, timeout, worker-lost] }");
        Assert.NotEqual(sample, patient);
        PatientWorkflow = _directory.Write("patient.yaml", patient);
    }

    /// <summary>The folder <c>samples</c> of the clone in which the tests run.</summary>
    public static string Samples { get; } = FindSamples();

    public string Video { get; }

    /// <summary>The sample, except that a step may be lost a hundred times and does not wait long: its own limit is 12 and would end the job.</summary>
    public string PatientWorkflow { get; }

    public void Dispose() => _directory.Dispose();

    private static string FindSamples()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Akka.Jobs.sln"))) return Path.Combine(folder.FullName, "samples");
        }

        throw new InvalidOperationException("The tests do not run inside a clone of the project.");
    }

    [GeneratedRegex(@"retry: \{.*\}")]
    private static partial Regex Retry();
}

/// <summary>Tests that work on the talk. They take turns: two pipelines at once on two cores would only wait for each other.</summary>
[CollectionDefinition(nameof(Talk))]
public sealed class TalkTests : ICollectionFixture<Talk>;
