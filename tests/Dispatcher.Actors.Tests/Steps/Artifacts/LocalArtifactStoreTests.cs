using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Steps;
using Dispatcher.Steps.Artifacts;

namespace Dispatcher.Actors.Tests.Steps.Artifacts;

/// <summary>Real files: renames, links and full disks are the point here.</summary>
public sealed class LocalArtifactStoreTests : IDisposable
{
    private static readonly JobId Job = JobId.Parse("01890000-0000-7000-8000-000000000001");

    private readonly TemporaryDirectory _root = new();
    private readonly LocalArtifactStore _store;
    private readonly ArtifactFolder _folder;

    public LocalArtifactStoreTests()
    {
        _store = StoreIn(_root.Path);
        _folder = _store.FolderOf("acme", Job);
    }

    public void Dispose() => _root.Dispose();

    [Fact]
    public void FolderOf_LaysOutEnvironmentTenantAndJob_WhenAsked()
    {
        Assert.Equal($"test/acme/{Job}", _folder.Key);
        Assert.Equal(_root.File($"test/acme/{Job}/audio/talk.wav"), _folder.PathOf("audio/talk.wav"));
        Assert.False(Directory.Exists(_root.File("test")));
    }

    [Fact]
    public void FolderOf_Refuses_WhenTheTenantIsAPath() => Assert.Throws<ArtifactPathException>(() => _store.FolderOf("../acme", Job));

    [Fact]
    public async Task Commit_GivesSizeAndHash_WhenTheFileIsLargerThanTheBuffer()
    {
        var content = new byte[300_000];
        new Random(7).NextBytes(content);
        using var file = _folder.CreateTemporary("audio/a b ü.wav");
        await File.WriteAllBytesAsync(file.Path, content);

        var reference = await _folder.Commit(file, "talk", CancellationToken.None);

        Assert.Equal(new ArtifactReference("talk", "audio/a b ü.wav", 300_000, Convert.ToHexStringLower(SHA256.HashData(content))), reference);
        Assert.Equal(content, await File.ReadAllBytesAsync(_folder.PathOf("audio/a b ü.wav")));
        Assert.False(File.Exists(file.Path));
    }

    [Fact]
    public async Task Begin_MakesTheFolderWithItsFile()
    {
        await _store.Begin("acme", Job, "manifest.json", "{}"u8.ToArray(), CancellationToken.None);

        Assert.Equal("{}", await File.ReadAllTextAsync(_folder.PathOf("manifest.json")));
        Assert.Equal([_folder.PathOf("manifest.json")], Directory.GetFileSystemEntries(_root.File($"test/acme/{Job}")));
    }

    /// <summary>A job's id is drawn once: what is there already is somebody's.</summary>
    [Fact]
    public async Task Begin_OverwritesNothing()
    {
        await Write("manifest.json", "old");

        await Assert.ThrowsAsync<IOException>(async () => await _store.Begin("acme", Job, "manifest.json", "{}"u8.ToArray(), CancellationToken.None));
        Assert.Equal("old", await File.ReadAllTextAsync(_folder.PathOf("manifest.json")));
    }

    [Theory]
    [InlineData("../manifest.json")]
    [InlineData("/etc/passwd")]
    public async Task Begin_RefusesAPathOutOfTheFolder(string name) =>
        await Assert.ThrowsAsync<ArtifactPathException>(async () => await _store.Begin("acme", Job, name, "{}"u8.ToArray(), CancellationToken.None));

    [Fact]
    public async Task Refresh_LeavesTheNewVersionWhole_AndNothingElse()
    {
        await Write("a.txt", "old");
        using var openBefore = new StreamReader(_folder.PathOf("a.txt"));

        await _folder.Refresh("a.txt", "newer"u8.ToArray(), CancellationToken.None);

        Assert.Equal("old", await openBefore.ReadToEndAsync());
        Assert.Equal("newer", await File.ReadAllTextAsync(_folder.PathOf("a.txt")));
        Assert.Equal([_folder.PathOf("a.txt")], Directory.GetFileSystemEntries(_root.File($"test/acme/{Job}")));
        await Assert.ThrowsAsync<ArtifactPathException>(async () => await _folder.Refresh("../a.txt", "newer"u8.ToArray(), CancellationToken.None));
    }

    [Fact]
    public async Task Commit_ReplacesTheOldVersionAtOnce_WhenThereIsOne()
    {
        await Write("a.txt", "old");
        using var openBefore = new StreamReader(_folder.PathOf("a.txt"));

        await Write("a.txt", "new");

        Assert.Equal("new", await File.ReadAllTextAsync(_folder.PathOf("a.txt")));
        Assert.Equal("old", await openBefore.ReadToEndAsync()); // another file took the name; the old one was not written over
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(_folder.PathOf("a.txt"))!));
    }

    [Fact]
    public void CreateTemporary_KeepsFolderAndExtensionAndIsUnique_WhenCalledAgain()
    {
        using var first = _folder.CreateTemporary("renders/final.mp4");
        using var second = _folder.CreateTemporary("renders/final.mp4");

        Assert.NotEqual(first.Path, second.Path);
        Assert.Equal(".mp4", Path.GetExtension(first.Path));
        Assert.Equal(Path.GetDirectoryName(_folder.PathOf("renders/final.mp4")), Path.GetDirectoryName(first.Path));
        Assert.True(Directory.Exists(Path.GetDirectoryName(first.Path)));
    }

    [Fact]
    public async Task CreateTemporary_FitsTheFileSystem_WhenTheNameIsAsLongAsAllowed()
    {
        var reference = await Write("a." + new string('x', 253), "content");

        Assert.Equal(7, reference.Bytes);
    }

    [Fact]
    public void TemporaryFile_IsDeleted_WhenDisposedWithoutCommit()
    {
        var file = _folder.CreateTemporary("a.txt");
        File.WriteAllText(file.Path, "half");

        file.Dispose();

        Assert.False(File.Exists(file.Path));
        Assert.False(_folder.Exists("a.txt"));
    }

    [Fact]
    public async Task Commit_Fails_WhenNothingWasWritten()
    {
        using var file = _folder.CreateTemporary("a.txt");

        var thrown = await Assert.ThrowsAsync<StepFailedException>(() => Commit(file));

        Assert.Equal("ARTIFACT_NOT_WRITTEN", thrown.Failure.Code);
    }

    [Fact]
    public async Task Commit_Refuses_WhenALinkWasWritten()
    {
        var secret = _root.File("secret");
        await File.WriteAllTextAsync(secret, "swordfish");
        using var file = _folder.CreateTemporary("a.txt");
        File.CreateSymbolicLink(file.Path, secret);

        var thrown = await Assert.ThrowsAsync<StepFailedException>(() => Commit(file));

        Assert.Equal((ErrorClass.Permanent, "ARTIFACT_NOT_A_FILE"), (thrown.Failure.Class, thrown.Failure.Code));
        Assert.False(_folder.Exists("a.txt"));
    }

    [Fact]
    public async Task Commit_Refuses_WhenAPipeOrFolderWasWritten()
    {
        using var pipe = _folder.CreateTemporary("a.txt");
        using (var mkfifo = Process.Start("mkfifo", pipe.Path)) await mkfifo.WaitForExitAsync();
        using var folder = _folder.CreateTemporary("b.txt");
        Directory.CreateDirectory(folder.Path);

        Assert.Equal("ARTIFACT_NOT_A_FILE", (await Assert.ThrowsAsync<StepFailedException>(() => Commit(pipe))).Failure.Code);
        Assert.Equal("ARTIFACT_NOT_A_FILE", (await Assert.ThrowsAsync<StepFailedException>(() => Commit(folder))).Failure.Code);
        Directory.Delete(folder.Path);
    }

    [Fact]
    public async Task Commit_Refuses_WhenAFolderHasTheName()
    {
        await Write("a/b.txt", "x");
        using var file = _folder.CreateTemporary("a");
        await File.WriteAllTextAsync(file.Path, "x");

        await Assert.ThrowsAsync<ArtifactPathException>(() => Commit(file));
    }

    [Fact]
    public async Task Folder_RefusesEveryUse_WhenASubfolderIsALinkOutOfIt()
    {
        await Write("first.txt", "x");
        var outside = Directory.CreateDirectory(_root.File("outside")).FullName;
        await File.WriteAllTextAsync(Path.Combine(outside, "a.txt"), "secret");
        Directory.CreateSymbolicLink(_folder.PathOf("sub"), outside);

        Assert.Throws<ArtifactPathException>(() => _folder.PathOf("sub/a.txt"));
        Assert.Throws<ArtifactPathException>(() => _folder.Exists("sub/a.txt"));
        Assert.Throws<ArtifactPathException>(() => _folder.CreateTemporary("sub/a.txt"));
        await Assert.ThrowsAsync<ArtifactPathException>(() => Write("sub/b.txt", "x"));
        Assert.Single(Directory.GetFiles(outside));
    }

    [Fact]
    public async Task Commit_Refuses_WhenTheFolderBecameALinkMeanwhile()
    {
        using var file = _folder.CreateTemporary("sub/a.txt");
        await File.WriteAllTextAsync(file.Path, "x");
        var sub = Path.GetDirectoryName(file.Path)!;
        Directory.Move(sub, _root.File("outside"));
        Directory.CreateSymbolicLink(sub, _root.File("outside"));

        await Assert.ThrowsAsync<ArtifactPathException>(() => Commit(file));
    }

    [Fact]
    public void FolderOf_RefusesUse_WhenTheTenantFolderIsALink()
    {
        Directory.CreateDirectory(_root.File("test"));
        Directory.CreateSymbolicLink(_root.File("test/acme"), Directory.CreateDirectory(_root.File("outside")).FullName);

        Assert.Throws<ArtifactPathException>(() => _folder.CreateTemporary("a.txt"));
        Assert.Throws<ArtifactPathException>(() => _folder.CreateTemporaryFolder());
        Assert.Throws<ArtifactPathException>(() => _store.SweepTemporaries("acme", Job));
    }

    [Fact]
    public async Task SweepTemporaries_DeletesLeftoversOnly_WhenAttemptsCrashed()
    {
        await Write("audio/keep.txt", "x");
        var outside = Directory.CreateDirectory(_root.File("outside")).FullName;
        await File.WriteAllTextAsync(Path.Combine(outside, ".dispatcher-tmp-foreign"), "not ours");
        Directory.CreateSymbolicLink(_folder.PathOf("link"), outside);
        await File.WriteAllTextAsync(_folder.CreateTemporary("audio/deep/a.mp3").Path, "left");
        var scratch = _folder.CreateTemporaryFolder();
        await File.WriteAllTextAsync(Path.Combine(scratch.Path, "x"), "left");
        Directory.CreateSymbolicLink(Path.Combine(scratch.Path, "out"), outside);

        Assert.Equal(2, _store.SweepTemporaries("acme", Job));

        Assert.True(_folder.Exists("audio/keep.txt"));
        Assert.False(Directory.Exists(scratch.Path));
        Assert.Single(Directory.GetFiles(outside));
        Assert.Equal(0, _store.SweepTemporaries("acme", Job));
        Assert.Equal(0, _store.SweepTemporaries("nobody", Job));
    }

    [Fact]
    public async Task Write_FailsAsTransientDiskFullAndKeepsTheOldVersion_WhenTheDiskIsFull()
    {
        using var disk = new SmallDisk(_root.File("disk"));
        var folder = StoreIn(disk.Path).FolderOf("acme", Job);
        await folder.Write("a.bin", "a", Encoding.UTF8.GetBytes("old"), CancellationToken.None);

        var thrown = await Assert.ThrowsAsync<StepFailedException>(
            () => folder.Write("a.bin", "a", new byte[4 * SmallDisk.Bytes], CancellationToken.None).AsTask());

        Assert.Equal((ErrorClass.Transient, "DISK_FULL"), (thrown.Failure.Class, thrown.Failure.Code));
        Assert.Contains("disk full", thrown.Message, StringComparison.Ordinal);
        Assert.Equal("old", await File.ReadAllTextAsync(folder.PathOf("a.bin")));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(folder.PathOf("a.bin"))!)); // the half-written file is gone
    }

    private static LocalArtifactStore StoreIn(string root) => new(root, "test", new IdGenerator(TimeProvider.System));

    private Task<ArtifactReference> Write(string path, string content) =>
        _folder.Write(path, "name", Encoding.UTF8.GetBytes(content), CancellationToken.None).AsTask();

    private Task<ArtifactReference> Commit(TemporaryFile file) => _folder.Commit(file, "name", CancellationToken.None).AsTask();

    /// <summary>A file system of one megabyte, in memory. Needs the right to mount: a test that cannot run must say so, not pass.</summary>
    private sealed class SmallDisk : IDisposable
    {
        public const int Bytes = 1024 * 1024;

        public SmallDisk(string path)
        {
            Path = Directory.CreateDirectory(path).FullName;
            var exitCode = Run("mount", "-t", "tmpfs", "-o", $"size={Bytes}", "tmpfs", Path);
            Assert.True(exitCode == 0, "NOT RUN: this test mounts a small tmpfs, which needs root (CAP_SYS_ADMIN).");
        }

        public string Path { get; }

        public void Dispose() => Run("umount", "-l", Path);

        private static int Run(string command, params string[] arguments)
        {
            using var process = Process.Start(command, arguments);
            process.WaitForExit();
            return process.ExitCode;
        }
    }
}
