using Dispatcher.Steps.Handlers.Http;

namespace Dispatcher.Steps.Handlers.Channels;

/// <summary>Posts JSON for channels, with the guards of <see cref="GuardedPost"/>.</summary>
public sealed class ChannelPost(ChannelOptions options, TimeProvider time) : IDisposable
{
    private readonly GuardedPost _post = new(
        new ConnectRules(options.AllowPrivateAddresses, options.ConnectTimeout, "dispatcher.channels.allow-private-addresses"),
        options.Timeout,
        "name the final URL where the channel is configured or the user is bound",
        time);

    public void Dispose() => _post.Dispose();

    internal ValueTask<PostAnswer> Send(Uri url, byte[] body, IEnumerable<KeyValuePair<string, string>> headers, CancellationToken cancellation) => _post.Send(url, body, headers, cancellation);
}
