using Dispatcher.Kernel;

namespace Dispatcher.Web.Access;

/// <summary>
/// The key of whoever can read this machine's data directory: made at each start, never stored among the keys, and good only from this machine. Commands find
/// it in <c>server.json</c>, so that the operator is never locked out.
/// </summary>
internal sealed class OperatorKey
{
    private static readonly Caller Operator = Caller.Local with { Name = "operator" };

    private readonly byte[] _hash;

    public OperatorKey(TimeProvider time)
    {
        Text = ApiKey.New(new IdGenerator(time)).Text;
        _hash = ApiKey.HashOf(Text);
    }

    public string Text { get; }

    public Caller? Find(string text) => ApiKey.TryReadId(text, out _) && ApiKey.Matches(text, _hash) ? Operator : null;
}
