using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Dispatcher.Steps;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Tests.Support;
using Dispatcher.Workflows;

namespace Dispatcher.Web.Tests.Artifacts;

/// <summary>GET /jobs/{id}/artifacts and the files themselves.</summary>
public sealed class ArtifactTests : ServiceTest
{
    private const string Writes =
        """
        name: writes
        version: 1
        steps:
          - id: one
            uses: test.write
        """;

    private static readonly byte[] Text = Encoding.UTF8.GetBytes("1234567890");

    protected override void Configure(DispatcherOptions options) => options.Handlers.Add(new WriteHandler());

    [Fact]
    public async Task List_GivesTheFilesWithLinks_InPages()
    {
        var id = await Written();

        var all = await Api.Get($"/jobs/{id}/artifacts");
        var first = await Api.Get($"/jobs/{id}/artifacts?limit=2");
        var rest = await Api.Get($"/jobs/{id}/artifacts?limit=2&after={first.Number("next")}");

        Assert.Equal(["a b/c#1?.txt", "page.html", "raw", "résumé.json"], Paths(all));
        Assert.Equal($"/api/v1/jobs/{id}/artifacts/a%20b/c%231%3F.txt", all.Text("artifacts.0.href"));
        Assert.Equal(Paths(all), Paths(first).Concat(Paths(rest)));
        Assert.False(rest.Has("next"));
    }

    [Fact]
    public async Task Download_GivesEachFile_ByItsLink()
    {
        var id = await Written();

        foreach (var artifact in (await Api.Get($"/jobs/{id}")).At("steps.0.artifacts").EnumerateArray())
        {
            var answer = await Api.Get(artifact.GetProperty("href").GetString()!);
            Assert.Equal(HttpStatusCode.OK, answer.Status);
            Assert.Equal(Text, answer.Body);
            Assert.Equal($"\"{Convert.ToHexStringLower(SHA256.HashData(Text))}\"", answer.Headers.ETag!.Tag);
        }
    }

    [Theory]
    [InlineData("page.html", "text/html; charset=utf-8", "attachment; filename=page.html")]
    [InlineData("raw", "application/octet-stream", null)]
    [InlineData("résumé.json", "application/json", null)]
    public async Task Download_NamesTheType_AndNeverLetsABrowserRunIt(string path, string type, string? disposition)
    {
        var id = await Written();

        var answer = await Api.Get($"/jobs/{id}/artifacts/{path}");

        Assert.Equal(type, answer.ContentHeaders.ContentType!.ToString());
        Assert.Equal(disposition, answer.ContentHeaders.ContentDisposition?.ToString().Split("; filename*")[0]);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
    }

    [Theory]
    [InlineData("bytes=2-4", "206", "345", "bytes 2-4/10")]
    [InlineData("bytes=-3", "206", "890", "bytes 7-9/10")]
    [InlineData("bytes=8-", "206", "90", "bytes 8-9/10")]
    [InlineData("bytes=10-", "416", null, "bytes */10")]
    [InlineData("lines=1-2", "200", "1234567890", null)]
    public async Task Download_GivesAPart_WhenARangeIsAskedFor(string range, string status, string? content, string? contentRange)
    {
        var id = await Written();

        var answer = await Api.Get($"/jobs/{id}/artifacts/raw", ("Range", range));

        Assert.Equal(status, $"{(int)answer.Status}");
        if (content is not null) Assert.Equal(content, answer.Content);
        Assert.Equal(contentRange, answer.ContentHeaders.ContentRange?.ToString());
    }

    [Fact]
    public async Task Download_AnswersNotModified_WhenTheCallerHasTheFile()
    {
        var id = await Written();
        var tag = (await Api.Get($"/jobs/{id}/artifacts/raw")).Headers.ETag!.Tag;

        var known = await Api.Get($"/jobs/{id}/artifacts/raw", ("If-None-Match", tag));
        var rangeOfAnother = await Api.Get($"/jobs/{id}/artifacts/raw", ("Range", "bytes=0-1"), ("If-Range", "\"other\""));

        Assert.Equal((HttpStatusCode.NotModified, 0), (known.Status, known.Body.Length));
        Assert.Equal((HttpStatusCode.OK, Text.Length), (rangeOfAnother.Status, rangeOfAnother.Body.Length));
    }

    [Theory]
    [InlineData("nothing.txt")]
    [InlineData("..%2f..%2fdispatcher.db")]
    [InlineData("%2e%2e/%2e%2e/dispatcher.db")]
    [InlineData("a%20b")]
    [InlineData("raw%00")]
    [InlineData("%5c..%5craw")]
    public async Task Download_AnswersNotFound_ForEverythingElse(string path)
    {
        var id = await Written();

        var answer = await Api.Get($"/jobs/{id}/artifacts/{path}");

        Assert.True(answer.Status is HttpStatusCode.NotFound or HttpStatusCode.BadRequest, answer.ToString());
        Assert.DoesNotContain("SQLite", answer.Content, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Download_FollowsNoLink_ThatAStepHasLeft()
    {
        var id = await Written();
        var file = Service.Engine.Artifacts.FolderOf("default", Dispatcher.Jobs.JobId.Parse(id)).PathOf("raw");
        File.Delete(file);
        File.CreateSymbolicLink(file, Path.Combine(DataDirectory, "dispatcher.db"));

        var answer = await Api.Get($"/jobs/{id}/artifacts/raw");

        Assert.Equal(HttpStatusCode.NotFound, answer.Status);
    }

    private async Task<string> Written()
    {
        await Api.Register(Writes);
        var id = await Api.Create("""{"workflow":"writes"}""");
        await Until(id, "completed");
        return id;
    }

    private static IEnumerable<string?> Paths(Answer page) => page.At("artifacts").EnumerateArray().Select(artifact => artifact.GetProperty("path").GetString());

    private sealed class WriteHandler : IStepHandler
    {
        public string Name => "test.write";

        public JsonSchema? With => null;

        public async ValueTask<StepResult> Run(StepContext context)
        {
            var files = ImmutableArray.CreateBuilder<Dispatcher.Jobs.ArtifactReference>();
            foreach (var path in new[] { "a b/c#1?.txt", "page.html", "raw", "résumé.json" })
                files.Add(await context.Artifacts.Write(path, "file", Text, context.Cancellation));
            return new StepResult.Completed(null, files.ToImmutable());
        }
    }
}
