using System.Collections.Concurrent;
using System.Diagnostics;

namespace Dispatcher.Steps.Processes;

/// <summary>
/// Starts processes on one thread that lives as long as Dispatcher does. The kernel's parent-death signal watches the thread that forked, not the
/// process: a command started by a thread of the pool would be killed when the pool retires that thread. This belongs to the operating system's
/// process, not to a node, hence static.
/// </summary>
internal static class ProcessLauncher
{
    /// <summary>Starts that wait for the thread; at the bound callers wait too. A start takes about a millisecond.</summary>
    private const int WaitingStarts = 1024;

    private static readonly Lazy<BlockingCollection<Order>> Orders = new(Open);

    /// <exception cref="System.ComponentModel.Win32Exception">The system did not start it.</exception>
    public static Task<Process> Start(ProcessStartInfo startInfo)
    {
        var order = new Order(startInfo);
        Orders.Value.Add(order);
        return order.Completion.Task;
    }

    private static BlockingCollection<Order> Open()
    {
        var orders = new BlockingCollection<Order>(WaitingStarts);
        new Thread(() => Work(orders)) { IsBackground = true, Name = "process-launcher" }.Start();
        return orders;
    }

    private static void Work(BlockingCollection<Order> orders)
    {
        foreach (var order in orders.GetConsumingEnumerable())
        {
            var process = new Process { StartInfo = order.StartInfo };
            try
            {
                process.Start();
                order.Completion.SetResult(process);
            }
            catch (Exception exception)
            {
                process.Dispose();
                order.Completion.SetException(exception);
            }
        }
    }

    private sealed record Order(ProcessStartInfo StartInfo)
    {
        public TaskCompletionSource<Process> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
