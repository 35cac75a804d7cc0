using System.Buffers;
using System.Security.Cryptography;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Microsoft.Win32.SafeHandles;

namespace Dispatcher.Steps.Artifacts;

/// <summary>
/// One job's files on the local disk. Keeps:
/// 1. a committed name always holds one whole version: data is flushed before its name appears, and the name moves by an atomic rename. Only <see cref="Begin"/> writes
/// under the name at once, where nobody looks yet;
/// 2. nothing is read or written through a symbolic link below the root, so a command that runs in the folder cannot point out of it.
/// </summary>
internal sealed class LocalArtifactFolder(string rootDirectory, string key, IdGenerator ids, FolderFlushes flushes) : ArtifactFolder
{
    private const int BufferBytes = 128 * 1024;
    private const int RandomBytes = 10;

    /// <summary>A longer extension is no extension that a tool looks at, and could push the temporary name over the limit.</summary>
    private const int ExtensionLimitBytes = 32;

    public override string Key => key;

    public override string PathOf(string relativePath)
    {
        var checkedPath = ArtifactPath.Checked(relativePath);
        LinkGuard.RefuseLinks(rootDirectory, $"{key}/{checkedPath}");
        return AbsolutePath(checkedPath);
    }

    public override bool Exists(string relativePath) => File.Exists(PathOf(relativePath));

    public override TemporaryFile CreateTemporary(string relativePath)
    {
        var folder = ParentOf(PathOf(relativePath));
        MakeFolder(folder);
        return new TemporaryFile(relativePath, Path.Combine(folder, TemporaryName(ExtensionOf(relativePath))));
    }

    public override TemporaryFolder CreateTemporaryFolder()
    {
        LinkGuard.RefuseLinks(rootDirectory, key);
        var path = Path.Combine(AbsolutePath(""), TemporaryName(""));
        MakeFolder(path);
        return new TemporaryFolder(path);
    }

    public override async ValueTask<ArtifactReference> Commit(TemporaryFile file, string name, CancellationToken cancellation)
    {
        var reference = await Replace(file, name, cancellation).ConfigureAwait(false);
        flushes.Flush(ParentOf(file.Path));
        return reference;
    }

    public override async ValueTask<ArtifactReference?> Describe(string relativePath, string name, CancellationToken cancellation)
    {
        var path = PathOf(relativePath);
        if (!File.Exists(path)) return null;
        var (bytes, sha256) = await HashAndFlush(new TemporaryFile(relativePath, path), cancellation).ConfigureAwait(false);
        return new ArtifactReference(name, relativePath, bytes, sha256);
    }

    public override async ValueTask<ArtifactReference> Write(
        string relativePath, string name, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        using var file = await WriteTemporary(relativePath, content, cancellation).ConfigureAwait(false);
        return await Commit(file, name, cancellation).ConfigureAwait(false);
    }

    public override async ValueTask Refresh(string relativePath, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        using var file = await WriteTemporary(relativePath, content, cancellation).ConfigureAwait(false);
        await Replace(file, relativePath, cancellation).ConfigureAwait(false);
    }

    /// <summary>See <see cref="IArtifactStore.Begin"/>.</summary>
    public async ValueTask Begin(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        var path = PathOf(name);
        var folder = AbsolutePath("");
        Check.That(string.Equals(ParentOf(path), folder, StringComparison.Ordinal));
        MakeFolder(ParentOf(folder));
        try
        {
            Directory.CreateDirectory(folder);
            using (var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, FileOptions.Asynchronous))
            {
                await RandomAccess.WriteAsync(file, content, 0, cancellation).ConfigureAwait(false);
                RandomAccess.FlushToDisk(file);
            }

            flushes.Flush(folder);
            flushes.Flush(ParentOf(folder));
        }
        catch (IOException exception) when (DiskFull.Is(exception))
        {
            throw DiskFull.Failure(Key, exception);
        }
    }

    public int SweepTemporaries()
    {
        LinkGuard.RefuseLinks(rootDirectory, key);
        var root = new DirectoryInfo(AbsolutePath(""));
        return root.Exists ? Sweep(root) : 0;
    }

    private static int Sweep(DirectoryInfo folder)
    {
        var swept = 0;
        foreach (var entry in folder.EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = FileAttributes.None }))
        {
            var isRealFolder = entry is DirectoryInfo && entry.LinkTarget is null;
            if (ArtifactPath.IsTemporaryName(entry.Name))
            {
                if (isRealFolder) Directory.Delete(entry.FullName, recursive: true);
                else entry.Delete();
                swept++;
            }
            else if (isRealFolder)
            {
                swept += Sweep((DirectoryInfo)entry);
            }
        }

        return swept;
    }

    private async ValueTask<TemporaryFile> WriteTemporary(string relativePath, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        var file = CreateTemporary(relativePath);
        try
        {
            await File.WriteAllBytesAsync(file.Path, content, cancellation).ConfigureAwait(false);
            return file;
        }
        catch (Exception fault)
        {
            file.Dispose();
            if (fault is IOException full && DiskFull.Is(full)) throw DiskFull.Failure(Key, full);
            throw;
        }
    }

    /// <summary>Gives a file that was written its name; the name itself is not flushed.</summary>
    private async ValueTask<ArtifactReference> Replace(TemporaryFile file, string name, CancellationToken cancellation)
    {
        var target = PathOf(file.RelativePath);
        Check.That(string.Equals(ParentOf(file.Path), ParentOf(target), StringComparison.Ordinal));
        if (Directory.Exists(target))
        {
            throw new ArtifactPathException($"The artifact path '{file.RelativePath}' is not allowed: a folder has this name.");
        }

        try
        {
            var (bytes, sha256) = await HashAndFlush(file, cancellation).ConfigureAwait(false);
            File.Move(file.Path, target, overwrite: true);
            return new ArtifactReference(name, file.RelativePath, bytes, sha256);
        }
        catch (IOException exception) when (DiskFull.Is(exception))
        {
            throw DiskFull.Failure(Key, exception);
        }
    }

    private static async ValueTask<(long Bytes, string Sha256)> HashAndFlush(TemporaryFile file, CancellationToken cancellation)
    {
        using var handle = OpenWritten(file);
        var stream = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        await using (stream.ConfigureAwait(false))
        {
            if (!stream.CanSeek) throw NotAFile(file);
            var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
            try
            {
                using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                var total = 0L;
                int read;
                while ((read = await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
                {
                    hash.AppendData(buffer.AsSpan(0, read));
                    total += read;
                }

                RandomAccess.FlushToDisk(handle);
                return (total, Convert.ToHexStringLower(hash.GetHashAndReset()));
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private static SafeFileHandle OpenWritten(TemporaryFile file)
    {
        var info = new FileInfo(file.Path);
        if (info.LinkTarget is not null || Directory.Exists(file.Path)) throw NotAFile(file);
        if (!info.Exists)
        {
            throw new StepFailedException(
                ErrorClass.Transient, $"nothing was written for the artifact '{file.RelativePath}'", "ARTIFACT_NOT_WRITTEN");
        }

        return NativeFiles.OpenWithoutFollowing(file.Path);
    }

    private static StepFailedException NotAFile(TemporaryFile file) =>
        new(ErrorClass.Permanent, $"what was written for the artifact '{file.RelativePath}' is not a plain file", "ARTIFACT_NOT_A_FILE");

    /// <summary>Makes the missing folders one by one and flushes each one's parent, so that a committed file is not lost with its folder.</summary>
    private void MakeFolder(string folder)
    {
        if (Directory.Exists(folder)) return;
        var parent = ParentOf(folder);
        MakeFolder(parent);
        try
        {
            Directory.CreateDirectory(folder);
            flushes.Flush(parent);
        }
        catch (IOException exception) when (DiskFull.Is(exception))
        {
            throw DiskFull.Failure(Key, exception);
        }
    }

    private string TemporaryName(string extension)
    {
        Span<byte> random = stackalloc byte[RandomBytes];
        ids.Fill(random);
        return $"{ArtifactPath.TemporaryPrefix}{Convert.ToHexStringLower(random)}{extension}";
    }

    private static string ExtensionOf(string relativePath)
    {
        var extension = Path.GetExtension(relativePath);
        return System.Text.Encoding.UTF8.GetByteCount(extension) <= ExtensionLimitBytes ? extension : "";
    }

    private string AbsolutePath(string checkedPath) => Path.Combine(rootDirectory, key, checkedPath).TrimEnd('/');

    private static string ParentOf(string path) => Path.GetDirectoryName(path)!;
}
