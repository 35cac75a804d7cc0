using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Dispatcher.Process.Tests.Support;

namespace Dispatcher.Process.Tests;

/// <summary>The service as a real process: its signals, and what it writes into its log.</summary>
public sealed class ServeTests : IDisposable
{
    private const string Listening = "Dispatcher listens on ";

    /// <summary>A body that a test holds back is not too slow, however long that takes.</summary>
    private static readonly IReadOnlyDictionary<string, string?> Patient = new Dictionary<string, string?>(StringComparer.Ordinal) { ["DISPATCHER__WEB__BODY_RATE"] = "0 B" };

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Sigterm_LetsARequestUnderWayEnd_AndExits0()
    {
        await using var serve = Start();
        using var client = await Client(serve);
        using var body = new HeldBody("""{"roles":["viewer"]}""");
        var underWay = client.PostAsync("/api/v1/keys", body);
        await body.Started;

        serve.Terminate();
        await serve.WaitForText("Stopping");
        body.Finish();

        using var answer = await underWay;
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var result = await serve.WaitForExit();
        Assert.True(result.ExitCode == 0, result.All);
        Assert.False(File.Exists(Path.Combine(_directory.Data, "server.json")));
    }

    [Fact]
    public async Task Readiness_Is503_FromTheSignalOn()
    {
        await using var serve = Start();
        using var client = await Client(serve);
        await Wait.Until(async () => (await Status(client, "/health/ready")) == HttpStatusCode.OK, () => "the service is ready");
        using var body = new HeldBody("""{"roles":["viewer"]}""");
        var underWay = client.PostAsync("/api/v1/keys", body);
        await body.Started;
        serve.Terminate();
        await serve.WaitForText("Stopping");

        // No new connection is taken; one that was there is answered once more.
        await Wait.Until(async () => await IsRefused(client), () => "the service is no longer ready");
        body.Finish();
        using var answer = await underWay;
        Assert.Equal(0, (await serve.WaitForExit()).ExitCode);
    }

    [Fact]
    public async Task SecondSignal_LeavesAtOnce_ThoughARequestIsUnderWay()
    {
        await using var serve = Start();
        using var client = await Client(serve);
        using var body = new HeldBody("{}");
        var underWay = client.PostAsync("/api/v1/keys", body);
        await body.Started;
        serve.Terminate();
        await serve.WaitForText("Stopping");
        serve.Terminate();
        Assert.Equal(130, (await serve.WaitForExit()).ExitCode);
        body.Finish();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => underWay);
    }

    [Theory]
    [InlineData("text")]
    [InlineData("json")]
    public async Task Log_HoldsNoSecret_OnAnyLevel(string format)
    {
        File.WriteAllText(_directory.In("serve.conf"), $"dispatcher.logging {{ level = trace, format = {format} }}");
        var admin = (await DispatcherProcess.Run(_directory.Path, "key", "create", "--role", "admin", "--data", _directory.Data)).Out.Trim();
        await using var serve = Start("--config", _directory.In("serve.conf"));
        using var client = await Client(serve);
        var secrets = new List<string> { admin[16..], "s3cr3t-cookie", "s3cr3t-t0ken", "s3cr3t-password" };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", admin);
        client.DefaultRequestHeaders.Add("Cookie", "session=s3cr3t-cookie");
        using (var made = await client.PostAsync("/api/v1/keys", Json("""{"roles":["operator"]}""")))
            secrets.Add(JsonElement.Parse(await made.Content.ReadAsStringAsync()).GetProperty("key").GetString()![16..]);
        await Status(client, "/api/v1/webhooks/secret");
        client.DefaultRequestHeaders.Authorization = null;
        foreach (var path in new[] { $"/api/v1/stream/none?access_token={admin}", $"/api/v1/none/stream?access_token={admin}", $"/hubs/jobs?access_token={admin}", "/api/v1/none/stream?access_token=s3cr3t-t0ken" })
            await Status(client, path);
        foreach (var (name, value) in new[] { ("X-Api-Key", admin), ("Authorization", $"Basic {Convert.ToBase64String("ada:s3cr3t-password"u8)}"), ("Authorization", "Bearer s3cr3t-t0ken") })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/keys");
            request.Headers.TryAddWithoutValidation(name, value);
            using var answer = await client.SendAsync(request);
        }

        await SendMalformed(client.BaseAddress!, $"GET /api/v1/stream?access_token={admin} NONSENSE\r\n\r\n");
        serve.Terminate();
        var result = await serve.WaitForExit();

        Assert.Contains("was made by", result.Error, StringComparison.Ordinal);
        Assert.All(secrets.Append(Convert.ToBase64String("ada:s3cr3t-password"u8)), secret => Assert.DoesNotContain(secret, result.Out + result.Error, StringComparison.Ordinal));
    }

    private DispatcherProcess Start(params string[] args) =>
        DispatcherProcess.Start(_directory.Path, Patient, ["serve", "--data", _directory.Data, "--urls", "http://127.0.0.1:0", .. args]);

    private static async Task<HttpClient> Client(DispatcherProcess serve)
    {
        await serve.WaitForText(Listening);
        // In a log of JSON it stands in a text.
        var address = new Uri(Regex.Match(serve.Error, $"{Listening}(http://[^\\s\"]+)").Groups[1].Value);
        // A body is sent only when the server asks for it (100 Continue), so that the request is under way by then.
        var handler = new SocketsHttpHandler { Expect100ContinueTimeout = Wait.Limit };
        return new HttpClient(handler) { BaseAddress = address, DefaultRequestHeaders = { ExpectContinue = true } };
    }

    private static async Task<HttpStatusCode> Status(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        return answer.StatusCode;
    }

    private static async Task<bool> IsRefused(HttpClient client)
    {
        try
        {
            return await Status(client, "/health/ready") == HttpStatusCode.ServiceUnavailable;
        }
        catch (HttpRequestException)
        {
            return true;
        }
    }

    private static async Task SendMalformed(Uri server, string text)
    {
        using var connection = new System.Net.Sockets.TcpClient();
        await connection.ConnectAsync(server.Host, server.Port);
        await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text));
        using var received = new MemoryStream();
        await connection.GetStream().CopyToAsync(received);
        Assert.StartsWith("HTTP/1.1 505", Encoding.ASCII.GetString(received.ToArray()), StringComparison.Ordinal);
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    /// <summary>A body whose second half waits for the test.</summary>
    private sealed class HeldBody : HttpContent
    {
        private readonly byte[] _bytes;
        private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _finish = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public HeldBody(string json)
        {
            _bytes = Encoding.UTF8.GetBytes(json);
            Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        /// <summary>The server waits for the body.</summary>
        public Task Started => _started.Task;

        public void Finish() => _finish.TrySetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(_bytes.AsMemory(0, 1));
            await stream.FlushAsync();
            _started.TrySetResult();
            await _finish.Task;
            await stream.WriteAsync(_bytes.AsMemory(1));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _bytes.Length;
            return true;
        }
    }
}
