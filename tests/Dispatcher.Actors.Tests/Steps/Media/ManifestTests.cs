using System.Text.Json.Nodes;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Handlers.Media;

namespace Dispatcher.Actors.Tests.Steps.Media;

public sealed class ManifestTests
{
    private const string Minimal = """
        {"schemaVersion":"1.0.0","env":"dev","tenantId":"acme","jobId":"018f2f6e-7d2b-7c3a-9f10-3c1e5f0a9b77",
         "createdAt":"2025-09-25T12:34:56Z","updatedAt":"2025-09-25T12:34:56.123+02:00","status":"pending"}
        """;

    [Fact]
    public void FaultsOf_IsEmpty_WhenTheManifestIsMinimalOrHasExtras()
    {
        var manifest = JsonNode.Parse(Minimal)!;
        Assert.Empty(ManifestSchema.FaultsOf(manifest));

        manifest["steps"] = new JsonObject { ["audio"] = "done" };
        manifest["audio"] = new JsonObject { ["key"] = "k", ["codec"] = "mp3", ["sampleRate"] = 44100, ["sha256"] = "00" };
        Assert.Empty(ManifestSchema.FaultsOf(manifest));
    }

    [Theory]
    [InlineData("schemaVersion", "\"2.0.0\"")]
    [InlineData("env", "\"moon\"")]
    [InlineData("tenantId", "\"-acme\"")]
    [InlineData("tenantId", "\"Acme\"")]
    [InlineData("jobId", "\"7\"")]
    [InlineData("createdAt", "\"yesterday\"")]
    [InlineData("status", "\"COMPLETED\"")]
    [InlineData("input", """{"sourceKey":"k"}""")]
    [InlineData("input", """{"sourceKey":"k","originalFilename":"a.mp4","bytes":-1,"mimeType":"video/mp4"}""")]
    [InlineData("input", """{"sourceKey":"k","originalFilename":"a.mp4","bytes":1,"mimeType":"text/plain"}""")]
    [InlineData("audio", """{"codec":"ogg"}""")]
    [InlineData("audio", """{"sampleRate":44000}""")]
    [InlineData("transcript", """{"language":"english"}""")]
    [InlineData("transcript", """{"confidence":1.5}""")]
    [InlineData("plan", """{"totalCuts":1.5}""")]
    [InlineData("renders", """[{"key":"k","type":"preview"}]""")]
    [InlineData("renders", """[{"key":"k","type":"preview","codec":"h264","resolution":"big"}]""")]
    [InlineData("subtitles", """[{"key":"k","type":"final","format":"txt"}]""")]
    [InlineData("logs", """[{"type":"info"}]""")]
    [InlineData("metadata", """{"tags":"one"}""")]
    public void FaultsOf_NamesTheProperty_WhenItBreaksTheSchema(string property, string value)
    {
        var manifest = JsonNode.Parse(Minimal)!;
        manifest[property] = JsonNode.Parse(value);

        var faults = ManifestSchema.FaultsOf(manifest);
        Assert.NotEmpty(faults);
        Assert.All(faults, fault => Assert.StartsWith(property, fault, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Read_NamesAllFaults_WhenTheFileIsInvalid()
    {
        using var bench = new MediaBench();
        var manifest = JsonNode.Parse(Minimal)!.AsObject();
        manifest["status"] = "done";
        manifest.Remove("env");
        await bench.Write(ManifestFile.Path, manifest.ToJsonString());

        var fault = await Assert.ThrowsAsync<StepFailedException>(
            async () => await new ManifestFile(bench.Folder).Read(CancellationToken.None));

        Assert.Equal(MediaFailure.InvalidManifest, fault.Failure.Code);
        Assert.StartsWith("Invalid manifest: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains("status", fault.Message, StringComparison.Ordinal);
        Assert.Contains("env", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Update_RefusesToWrite_WhenTheChangeBreaksTheSchema()
    {
        using var bench = new MediaBench();
        await bench.Write(ManifestFile.Path, Minimal);

        await Assert.ThrowsAsync<StepFailedException>(async () =>
            await new ManifestFile(bench.Folder).Update(TimeProvider.System, manifest => manifest["status"] = "odd", CancellationToken.None));

        Assert.Equal("pending", bench.Manifest().GetProperty("status").GetString());
    }

    [Fact]
    public async Task Update_LosesNothing_WhenManyChangeAtOnce()
    {
        using var bench = new MediaBench();
        await bench.Write(ManifestFile.Path, Minimal);

        await Task.WhenAll(Enumerable.Range(0, 40).Select(async number =>
        {
            await Task.Yield();
            var manifest = new ManifestFile(bench.Folder);
            var entry = new JsonObject { ["key"] = $"r{number}", ["type"] = "preview", ["codec"] = "h264" };
            await manifest.Update(TimeProvider.System, current => ManifestFile.Replace(current, "renders", entry), CancellationToken.None);
        }));

        Assert.Equal(40, bench.Manifest().GetProperty("renders").GetArrayLength());
    }

    /// <summary>Of two who bring what they know, the later one asks for it after the earlier one has written.</summary>
    [Fact]
    public async Task Ensure_AsksWhatIsKnown_OnlyWhenNobodyElseWrites()
    {
        using var bench = new MediaBench();
        await bench.Write(ManifestFile.Path, Minimal);
        var manifest = new ManifestFile(bench.Folder);
        var gate = new TaskCompletionSource<JsonObject>(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = manifest.Ensure(() => new ValueTask<JsonObject>(gate.Task), TimeProvider.System, CancellationToken.None).AsTask();
        var isAsked = false;
        var second = manifest.Ensure(
            () =>
            {
                isAsked = true;
                return ValueTask.FromResult(new JsonObject { ["status"] = "completed" });
            },
            TimeProvider.System,
            CancellationToken.None).AsTask();
        Assert.False(isAsked);
        gate.SetResult(new JsonObject { ["status"] = "processing", ["sourceVideoKey"] = "k" });
        await Task.WhenAll(first, second);

        Assert.Equal(("completed", "k"), (bench.Manifest().GetProperty("status").GetString(), bench.Manifest().GetProperty("sourceVideoKey").GetString()));
    }

    [Fact]
    public async Task Ensure_WritesNothing_WhenNothingIsMissing()
    {
        using var bench = new MediaBench();
        await bench.Write(ManifestFile.Path, Minimal);
        await new ManifestFile(bench.Folder).Ensure(() => ValueTask.FromResult(new JsonObject { ["status"] = "pending", ["env"] = "prod" }), TimeProvider.System, CancellationToken.None);
        Assert.Equal(Minimal, await File.ReadAllTextAsync(bench.Folder.PathOf(ManifestFile.Path)));
    }

    [Theory]
    [InlineData("media.mark-processing", "processing")]
    [InlineData("media.mark-completed", "completed")]
    public async Task Mark_SetsTheStatus_AndAnswersAsTheFunctionDoes(string handler, string status)
    {
        using var bench = new MediaBench();
        var answer = await bench.Run(handler, new { tenantId = "acme" });
        Assert.Equal(status, bench.Manifest().GetProperty("status").GetString());
        var body = answer.GetProperty("body");
        Assert.Equal((200, "acme", bench.JobId.ToString(), status), (answer.GetProperty("statusCode").GetInt32(), body.GetProperty("tenantId").GetString(), body.GetProperty("jobId").GetString(), body.GetProperty("status").GetString()));
    }

    [Fact]
    public async Task MarkFailed_FailsItsJob_WithWhatWasCaught()
    {
        using var bench = new MediaBench();
        await bench.Run("media.mark-processing", new { });
        var caught = await bench.RunFailing("media.mark-failed", new { error = new { Error = "CODEC_UNSUPPORTED", Cause = "the sound is broken" } });
        var bare = await bench.RunFailing("media.mark-failed", new { error = "odd" });

        Assert.Equal((ErrorClass.Permanent, "CODEC_UNSUPPORTED", "the sound is broken"), (caught.Class, caught.Code, caught.Message));
        Assert.Equal((ErrorClass.Permanent, null, "A state of the pipeline has failed."), (bare.Class, bare.Code, bare.Message));
        Assert.Equal("failed", bench.Manifest().GetProperty("status").GetString());
    }

    [Fact]
    public async Task Replace_LeavesOneEntry_WhenTheKeyIsThereAlready()
    {
        using var bench = new MediaBench();
        await bench.Write(ManifestFile.Path, Minimal);
        var manifest = new ManifestFile(bench.Folder);
        for (var attempt = 1; attempt <= 2; attempt++)
        {
            var entry = new JsonObject { ["key"] = "same", ["type"] = "preview", ["codec"] = "h264", ["attempt"] = attempt };
            await manifest.Update(TimeProvider.System, current => ManifestFile.Replace(current, "renders", entry), CancellationToken.None);
        }

        var render = Assert.Single(bench.Manifest().GetProperty("renders").EnumerateArray());
        Assert.Equal(2, render.GetProperty("attempt").GetInt32());
    }
}
