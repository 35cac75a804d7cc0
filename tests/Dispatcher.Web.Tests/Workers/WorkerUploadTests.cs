using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Web.Tests.Workers;

/// <summary>Files that workers bring.</summary>
public sealed class WorkerUploadTests
{
    [Fact]
    public async Task AFile_IsStreamedIntoTheJobsFolder_AndNamedInTheAnswer()
    {
        await using var service = await WorkerService.Start();
        var (id, ended) = await service.Submit();
        var lease = Text(await service.Lease(), "lease");
        // Longer than any other body may be.
        var bytes = new byte[3_000_000];
        RandomNumberGenerator.Fill(bytes);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
        var stored = await service.Put(lease, "out/frame%20one.bin", new ByteArrayContent(bytes));
        Assert.Equal((HttpStatusCode.OK, "out/frame one.bin", sha256), (stored.Status, stored.Text("path"), stored.Text("sha256")));
        var answer = await service.Post("complete", new { lease, output = 1, artifacts = new[] { new { name = "frame", path = "out/frame one.bin" } } });
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        var artifact = Assert.Single((await ended).Step("run").Artifacts!.Value);
        Assert.Equal(new ArtifactReference("frame", "out/frame one.bin", bytes.Length, sha256), artifact);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(service.Service.Engine.Artifacts.FolderOf("default", id).PathOf("out/frame one.bin")));
        var again = await service.Post("complete", new { lease, output = 1, artifacts = new[] { new { name = "frame", path = "out/frame one.bin" } } });
        Assert.True(again.At("again").GetBoolean());
    }

    [Fact]
    public async Task ACompletion_IsRefused_WhenItNamesAFileThatIsNotThere_AndTheLeaseHolds()
    {
        await using var service = await WorkerService.Start();
        await service.Submit();
        var lease = Text(await service.Lease(), "lease");
        var missing = await service.Post("complete", new { lease, artifacts = new[] { new { path = "a.txt" } } });
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "artifact-missing"), (missing.Status, missing.Text("code")));
        var outside = await service.Post("complete", new { lease, artifacts = new[] { new { path = "../a.txt" } } });
        Assert.Equal((HttpStatusCode.BadRequest, "artifact-path"), (outside.Status, outside.Text("code")));
        await service.Put(lease, "a.txt", new StringContent("a"));
        Assert.Equal(HttpStatusCode.OK, (await service.Post("complete", new { lease, artifacts = new[] { new { path = "a.txt" } } })).Status);
    }

    [Theory]
    [InlineData("..%2Fa.txt")]
    [InlineData(".dispatcher-tmp-a")]
    [InlineData("~a")]
    [InlineData("a%5Cb")]
    [InlineData("a%01b")]
    public async Task AFile_IsRefused_WhenItsPathIsNotAllowed(string path)
    {
        await using var service = await WorkerService.Start();
        await service.Submit();
        var refused = await service.Put(Text(await service.Lease(), "lease"), path, new StringContent("x"));
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
    }

    [Fact]
    public async Task AFile_IsRefused_WhenItIsTooLarge_AndNothingOfItStays()
    {
        await using var service = await WorkerService.Start(options => options.Web = options.Web with { ArtifactLimitBytes = 1000 });
        var (id, _) = await service.Submit();
        var lease = Text(await service.Lease(), "lease");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await service.Put(lease, "a.bin", new ByteArrayContent(new byte[1001]))).Status);
        // One that does not say how long it is.
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await service.Put(lease, "a.bin", new StreamContent(new Endless(100_000)))).Status);
        Assert.Equal(HttpStatusCode.OK, (await service.Put(lease, "a.bin", new ByteArrayContent(new byte[1000]))).Status);
        var folder = Path.GetDirectoryName(service.Service.Engine.Artifacts.FolderOf("default", id).PathOf("a.bin"))!;
        Assert.Equal(["a.bin"], Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task AFile_IsNotKept_WhenItsLeaseEndsWhileItComes()
    {
        await using var service = await WorkerService.Start();
        var (id, ended) = await service.Submit();
        var lease = Text(await service.Lease(), "lease");
        var content = new Endless(long.MaxValue);
        var upload = service.Put(lease, "late.bin", new StreamContent(content));
        await content.Begun;
        await service.Gateway.Send(id, new JobCommand.Cancel(new Principal("ada"), null, TimeProvider.System.GetUtcNow()));
        await ended;
        try
        {
            Assert.Equal(HttpStatusCode.Conflict, (await upload).Status);
        }
        catch (HttpRequestException)
        {
            // The server may also close the connection, since it does not read what still comes.
        }

        Assert.False(service.Service.Engine.Artifacts.FolderOf("default", id).Exists("late.bin"));
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    /// <summary>Zeros, so many of them, without a length.</summary>
    private sealed class Endless(long bytes) : Stream
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _left = bytes;

        public Task Begun => _begun.Task;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(count, _left);
            _left -= read;
            Array.Clear(buffer, offset, read);
            _begun.TrySetResult();
            return read;
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
