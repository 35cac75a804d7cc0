using System.Net;
using Dispatcher.Process.Tests.Support;

namespace Dispatcher.Process.Tests;

/// <summary>A backup is taken of a server under load; another server goes on from it.</summary>
public sealed class BackupTests : IDisposable
{
    private const int JobsBefore = 200;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Backup_HasAllThatWasAcknowledgedBefore_AndRunsOn()
    {
        var copy = _directory.In("copy");
        var before = new List<string>();
        await using (var service = await ServiceProcess.Start(_directory.Path, _directory.Data))
        {
            await service.Register("naps", SmallWorkflows.Naps(3, 300));
            while (before.Count < JobsBefore) before.Add(await service.Submit(new { workflow = "naps" }));
            using var stop = new CancellationTokenSource();
            var load = Load(service, stop.Token);
            var backup = await DispatcherProcess.Run(_directory.Path, "backup", copy, "--data", _directory.Data, "--with-artifacts");
            Assert.True(backup.ExitCode == 0, backup.All);
            var doctor = await DispatcherProcess.Run(_directory.Path, "doctor", "--data", copy);
            Assert.True(doctor.ExitCode == 0, doctor.All);
            await stop.CancelAsync();
            Assert.True(await load > 0, "no job was made while the backup ran");
            service.Process.Kill9();
            await service.Process.WaitForExit();
        }

        await using (var restored = await ServiceProcess.Start(_directory.Path, copy))
        {
            foreach (var id in before) Assert.Equal("completed", (await restored.Ended(id)).GetProperty("status").GetString());
            Assert.Equal(0, (await restored.Terminate()).ExitCode);
        }

        await JournalChecker.AssertHolds(copy, before, mustHaveEnded: false);
    }

    /// <returns>The jobs that were made.</returns>
    private static async Task<int> Load(ServiceProcess service, CancellationToken stop)
    {
        var made = 0;
        while (!stop.IsCancellationRequested)
        {
            using var answer = await service.TrySubmit(new { workflow = "naps" });
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
            made++;
        }

        return made;
    }
}
