namespace Dispatcher.Host.Tests;

public sealed class BackupCommandTests : IDisposable
{
    private readonly CommandRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Backup_IsADataDirectory_WithAllThatTheOriginalHad()
    {
        Assert.Equal(0, (await _run.OnData("run", _run.Write("writing.yaml", Samples.Writing))).ExitCode);
        var copy = Path.Combine(_run.Directory, "copy");

        var made = await _run.OnData("backup", copy, "--with-artifacts", "--json");

        Assert.True(made.ExitCode == 0, made.Error);
        Assert.Equal((copy, 1, 1), (made.Json.GetProperty("directory").GetString(), made.Json.GetProperty("jobs").GetInt32(), made.Json.GetProperty("files").GetInt32()));
        var doctor = await _run.Run("doctor", "--data", copy);
        Assert.True(doctor.ExitCode == 0, doctor.Out);
        Assert.Equal((await _run.OnData("job", "list", "-o", "ids")).Out, (await _run.Run("job", "list", "-o", "ids", "--data", copy)).Out);
    }

    [Fact]
    public async Task Backup_WithoutFiles_IsTheDatabaseAlone()
    {
        await _run.OnData("run", _run.Write("writing.yaml", Samples.Writing));
        var copy = Path.Combine(_run.Directory, "copy");

        var made = await _run.OnData("backup", copy);

        Assert.Contains("1 jobs", made.Out, StringComparison.Ordinal);
        Assert.Equal(["dispatcher.db"], Directory.EnumerateFileSystemEntries(copy).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Backup_OverwritesNothing()
    {
        await _run.OnData("run", _run.Write("three.yaml", Samples.Three));
        var copy = Path.Combine(_run.Directory, "copy");
        Directory.CreateDirectory(copy);

        var refused = await _run.OnData("backup", copy);

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("exists; a backup does not overwrite", refused.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(copy));
    }

    [Fact]
    public async Task Backup_LeavesNothing_WhenTheFilesAreNotWhole()
    {
        await _run.OnData("run", _run.Write("writing.yaml", Samples.Writing));
        foreach (var file in Directory.EnumerateFiles(Path.Combine(_run.Data, "artifacts"), "*.wav", SearchOption.AllDirectories)) File.AppendAllText(file, "more");
        var copy = Path.Combine(_run.Directory, "copy");

        var refused = await _run.OnData("backup", copy, "--with-artifacts");

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("artifact-size: 1", refused.Error, StringComparison.Ordinal);
        Assert.Contains("was not kept", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(copy) || Directory.Exists(copy + ".partial"));
    }

    [Fact]
    public async Task Backup_Exits4_WhenThereIsNothing() => Assert.Equal(4, (await _run.OnData("backup", Path.Combine(_run.Directory, "copy"))).ExitCode);
}
