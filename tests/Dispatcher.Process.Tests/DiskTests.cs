using Dispatcher.Jobs;
using Dispatcher.Process.Tests.Support;

namespace Dispatcher.Process.Tests;

/// <summary>A disk that is full or cannot be written.</summary>
[Collection(nameof(Talk))]
public sealed class DiskTests(Talk talk) : IDisposable
{
    /// <summary>Room for the journal and not for the sound of the talk.</summary>
    private const int TooSmallKibibytes = 900;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Talk_GoesOn_WhenAFullDiskGetsRoom()
    {
        using var disk = new SmallDisk(TooSmallKibibytes);
        await using var host = DispatcherProcess.Start(_directory.Path, "run", talk.PatientWorkflow, "--input", $"video={talk.Video}", "--data", disk.Data);
        await Journal.WaitFor(disk.Data, e => e is JobEvent.StepRetrying { Failure.Code: "DISK_FULL" }, "that the disk is full");
        disk.Grow(512 * 1024);
        var result = await host.WaitForExit();
        Assert.True(result.ExitCode == 0, result.All);
        ManifestChecker.AssertHolds(disk.Data, (await JournalChecker.AssertHolds(disk.Data))[0]);
    }

    [Fact]
    public async Task Talk_FailsAndSaysSo_WhenTheDiskStaysFull()
    {
        using var disk = new SmallDisk(TooSmallKibibytes);
        var impatient = (await File.ReadAllTextAsync(talk.PatientWorkflow)).Replace("max_attempts: 100", "max_attempts: 2", StringComparison.Ordinal);
        var result = await DispatcherProcess.Run(
            _directory.Path, "run", _directory.Write("impatient.yaml", impatient), "--input", $"video={talk.Video}", "--data", disk.Data);
        Refusal.Assert(result, 1, "DISK_FULL", "ran out of disk space", "Free some space");
        await JournalChecker.AssertHolds(disk.Data);
    }

    [Fact]
    public async Task Run_SaysSo_WhenThereIsNoRoomForTheJournal()
    {
        using var disk = new SmallDisk(16);
        var result = await DispatcherProcess.Run(_directory.Path, "run", _directory.Write("naps.yaml", SmallWorkflows.Naps(1, 1)), "--data", disk.Data);
        Refusal.Assert(result, 1, disk.Data, "the disk is full", "Free some space");
    }

    [Fact]
    public async Task Run_NamesTheDirectory_WhenItCannotBeWritten()
    {
        using var disk = new SmallDisk(TooSmallKibibytes);
        disk.MakeReadOnly();
        var result = await DispatcherProcess.Run(_directory.Path, "run", _directory.Write("naps.yaml", SmallWorkflows.Naps(1, 1)), "--data", disk.Data);
        Refusal.Assert(result, 1, disk.Data, "cannot be written");
    }

    [Fact]
    public async Task Serve_NamesTheDirectory_WhenItCannotBeWritten()
    {
        using var disk = new SmallDisk(TooSmallKibibytes);
        disk.MakeReadOnly();
        var result = await DispatcherProcess.Run(_directory.Path, "serve", "--data", disk.Data, "--urls", "http://127.0.0.1:0");
        Refusal.Assert(result, 1, disk.Data, "cannot be written");
    }

    [Fact]
    public async Task Serve_NamesTheDirectory_WhenItHasJobsAndCannotBeWrittenAnyMore()
    {
        using var disk = new SmallDisk(4 * TooSmallKibibytes);
        await using (var service = await ServiceProcess.Start(_directory.Path, disk.Data)) Assert.Equal(0, (await service.Terminate()).ExitCode);
        disk.MakeReadOnly();
        var result = await DispatcherProcess.Run(_directory.Path, "serve", "--data", disk.Data, "--urls", "http://127.0.0.1:0");
        Refusal.Assert(result, 1, disk.Data, "cannot be written");
    }
}
