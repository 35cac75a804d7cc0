using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dispatcher.Feed.Callbacks;

namespace Dispatcher.Actors.Tests.Feed.Callbacks;

/// <summary>Real receivers, good and bad, on real sockets.</summary>
public sealed class HttpCallbackTransportTests
{
    private static readonly CallbackOptions Local = new() { AllowPrivateAddresses = true, Timeout = TimeSpan.FromSeconds(60), ConnectTimeout = TimeSpan.FromSeconds(60) };
    private static readonly CallbackOptions Hasty = Local with { Timeout = TimeSpan.FromMilliseconds(300) };

    [Fact]
    public async Task Post_SendsTheBodyAndItsHeaders_AndTakesASuccess()
    {
        await using var receiver = new RawReceiver(204);
        var answer = await Post(receiver.Url, Local, "{\"text\":\"ä\"}");
        Assert.Equal(new CallbackAnswer(204, null), answer);
        var callback = Assert.Single(receiver.Received);
        Assert.Equal("{\"text\":\"ä\"}", callback.Body);
        Assert.Equal(("application/json; charset=utf-8", "job-1"), (callback.Headers["content-type"], callback.Headers["webhook-id"]));
    }

    [Fact]
    public async Task Post_EndsInTime_WhenTheReceiverHangs()
    {
        await using var receiver = new RawReceiver((_, _) => new TaskCompletionSource().Task);
        Assert.Equal(new CallbackAnswer(null, "no answer within 0.3 s"), await Post(receiver.Url, Hasty));
    }

    [Fact]
    public async Task Post_SaysStatusAndReason_WhenTheReceiverAnswers500()
    {
        await using var receiver = new RawReceiver(500, "out of\n\u001bbeans");
        Assert.Equal(new CallbackAnswer(500, "status 500: out of  beans"), await Post(receiver.Url, Local));
    }

    [Theory]
    [InlineData("?token=s3cr%2Bt-value&v=1", "nothing at /hook?token=s3cr%2Bt-value&v=1, only s3cr+t-value v1", "nothing at /hook?***, only *** v1")]
    [InlineData("?token=s3cret-value&v=1", "bad token s3cret-value (1)", "bad token *** (1)")]
    [InlineData("?s3cret-value", "s3cret-value is no key", "*** is no key")]
    [InlineData("", "not found", "not found")]
    public async Task Post_TellsTheReason_WithoutWhatStandsInTheQuery(string query, string reason, string told)
    {
        await using var receiver = new RawReceiver(404, reason);
        Assert.Equal(new CallbackAnswer(404, $"status 404: {told}"), await Post(new Uri(receiver.Url, $"/hook{query}"), Local));
    }

    [Fact]
    public async Task Post_DoesNotFollow_WhenTheReceiverRedirectsToAPrivateAddress()
    {
        await using var inside = new RawReceiver(200);
        await using var receiver = new RawReceiver(307, "", $"Location: {inside.Url}");
        var answer = await Post(receiver.Url, Local);
        Assert.Equal(307, answer.StatusCode);
        Assert.Contains("redirects are not followed", answer.Error, StringComparison.Ordinal);
        Assert.Contains($"127.0.0.1:{inside.Url.Port}", answer.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", answer.Error, StringComparison.Ordinal);
        Assert.Equal(0, inside.Connections);
    }

    [Theory]
    [InlineData("200 OK", null)]
    [InlineData("500 Oops", "status 500: xxxx")]
    public async Task Post_ReadsABoundedPart_WhenTheReceiverStreamsForEver(string status, string? error)
    {
        var cutOff = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var receiver = new RawReceiver(async (_, stream) =>
        {
            try
            {
                await RawReceiver.Write(stream, $"HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n\r\n");
                while (true) await RawReceiver.Write(stream, $"1000\r\n{new string('x', 0x1000)}\r\n");
            }
            finally
            {
                cutOff.TrySetResult();
            }
        });
        var answer = await Post(receiver.Url, Local);
        Assert.Equal(status[..3], $"{answer.StatusCode}");
        if (error is null) Assert.Null(answer.Error);
        else Assert.StartsWith(error, answer.Error, StringComparison.Ordinal);
        Assert.True((answer.Error?.Length ?? 0) < 300);
        await cutOff.Task;
    }

    [Fact]
    public async Task Post_KeepsTheStatus_WhenTheReasonNeverEnds()
    {
        await using var receiver = new RawReceiver(async (_, stream) =>
        {
            await RawReceiver.Write(stream, "HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\nplease wa");
            await new TaskCompletionSource().Task;
        });
        // Longer than a machine stands still: the status must be here before the time is over.
        Assert.Equal(new CallbackAnswer(503, "status 503: please wa"), await Post(receiver.Url, Local with { Timeout = TimeSpan.FromSeconds(6) }));
    }

    [Fact]
    public async Task Post_EndsInTime_WhenTheHeadersNeverEnd()
    {
        await using var receiver = new RawReceiver(async (_, stream) =>
        {
            await RawReceiver.Write(stream, "HTTP/1.1 200 OK\r\n");
            while (true) await RawReceiver.Write(stream, $"X-{new string('a', 1000)}: b\r\n");
        });
        var answer = await Post(receiver.Url, Local);
        Assert.Null(answer.StatusCode);
        Assert.NotNull(answer.Error);
    }

    [Theory]
    [InlineData("http://127.0.0.1:{0}/")]
    [InlineData("http://[::1]:{0}/")]
    [InlineData("http://[::ffff:127.0.0.1]:{0}/")]
    [InlineData("http://2130706433:{0}/")]
    [InlineData("http://localhost:{0}/")]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://10.0.0.1/")]
    [InlineData("http://0.0.0.0:{0}/")]
    public async Task Post_IsRefused_WhenTheAddressIsPrivate(string pattern)
    {
        await using var receiver = new RawReceiver(200);
        var url = new Uri(pattern.Replace("{0}", $"{receiver.Url.Port}", StringComparison.Ordinal));
        var answer = await Post(url, new CallbackOptions());
        Assert.Null(answer.StatusCode);
        Assert.Contains("dispatcher.callbacks.allow-private-addresses", answer.Error, StringComparison.Ordinal);
        Assert.Equal(0, receiver.Connections);
    }

    [Fact]
    public async Task Post_SaysWhy_WhenNobodyListens()
    {
        // Not a port that was free a moment ago: another test may have it by now.
        var answer = await Post(new Uri("http://127.0.0.1:1/hook"), Local);
        Assert.Null(answer.StatusCode);
        Assert.StartsWith("cannot connect to 127.0.0.1:1", answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_IsRefused_WhenNobodyVouchesForTheCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        await using var receiver = new RawReceiver((_, stream) => RawReceiver.Respond(stream, 200), certificate);
        var answer = await Post(receiver.Url, Local);
        Assert.Null(answer.StatusCode);
        Assert.StartsWith("no secure connection", answer.Error, StringComparison.Ordinal);
        Assert.Empty(receiver.Received);
    }

    [Theory]
    [InlineData("120", 120)]
    [InlineData("Thu, 01 Jan 1970 00:00:00 GMT", -1)]
    public async Task Post_TellsHowLongTheReceiverWantsToBeLeftAlone(string retryAfter, int seconds)
    {
        await using var receiver = new RawReceiver(429, "", $"Retry-After: {retryAfter}");
        var answer = await Post(receiver.Url, Local);
        if (seconds > 0) Assert.Equal(TimeSpan.FromSeconds(seconds), answer.RetryAfter);
        else Assert.True(answer.RetryAfter < TimeSpan.Zero);
    }

    [Fact]
    public async Task Post_IsCancelled_WhenTheNodeStops()
    {
        using var stop = new CancellationTokenSource();
        await using var receiver = new RawReceiver((_, _) =>
        {
            stop.Cancel();
            return new TaskCompletionSource().Task;
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Post(receiver.Url, Local, cancellation: stop.Token));
    }

    private static async Task<CallbackAnswer> Post(Uri url, CallbackOptions options, string body = "{}", CancellationToken cancellation = default)
    {
        using var transport = new HttpCallbackTransport(options, TimeProvider.System);
        return await transport.Post(new CallbackRequest(url, [new("webhook-id", "job-1")], Encoding.UTF8.GetBytes(body)), cancellation);
    }
}
