using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using Dispatcher.Tests.Shared;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Callbacks;

/// <summary>The sample receiver in Python, as a process of its own.</summary>
public sealed class SampleReceiverTests : ServiceTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    protected override void Configure(DispatcherOptions options) =>
        options.Node = options.Node with { Callbacks = options.Node.Callbacks with { AllowPrivateAddresses = true } };

    [Fact]
    public async Task Receiver_TakesCallbacksOnce_AndNothingElse()
    {
        var secret = (await Api.Get("/webhooks/secret")).Text("secret");
        var script = Path.Combine(NodeReceiver.Root(), "samples", "callbacks", "receiver.py");
        using var python = System.Diagnostics.Process.Start(new ProcessStartInfo("python3", [script, secret]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        try
        {
            var url = (await Line(python))!.Replace("listening on ", "", StringComparison.Ordinal);
            await Api.Register(Support.Workflows.Quick);
            var id = await Api.Create(JsonSerializer.Serialize(new { workflow = "quick", callback = new { url, events = new[] { "job.created", "job.completed" } } }));
            Assert.StartsWith($"{id} 1 job.created queued", await Line(python), StringComparison.Ordinal);
            Assert.EndsWith("job.completed completed", await Line(python), StringComparison.Ordinal);

            var sent = (await Api.Get($"/webhooks/deliveries?job={id}")).Text("deliveries.0.id");
            Assert.Equal(HttpStatusCode.Accepted, (await Api.Post($"/webhooks/deliveries/{sent}/replay")).Status);
            await Poll.Until(async () => (await Api.Get($"/webhooks/deliveries?job={id}")).At("deliveries.0"), again => again.GetProperty("status").GetString() == "delivered");
            var other = await Api.Create(JsonSerializer.Serialize(new { workflow = "quick", callback = new { url } }));
            Assert.StartsWith($"{other} 1 job.created queued", await Line(python), StringComparison.Ordinal);

            using var stranger = new HttpClient();
            Assert.Equal(HttpStatusCode.Unauthorized, await Post(stranger, url, "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="));
            Assert.Equal(HttpStatusCode.Unauthorized, await Post(stranger, url, "nonsense"));
        }
        finally
        {
            python.Kill();
            await python.WaitForExitAsync();
        }
    }

    private static async Task<HttpStatusCode> Post(HttpClient client, string url, string signature)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
        request.Headers.Add("webhook-id", "x-1");
        request.Headers.Add("webhook-timestamp", $"{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}");
        request.Headers.TryAddWithoutValidation("webhook-signature", signature);
        using var answer = await client.SendAsync(request);
        return answer.StatusCode;
    }

    private static Task<string?> Line(System.Diagnostics.Process process) => process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
}
