"""The client of the pyMultiVideo documentation, its code blocks word for word.

Added here: the imports that the documentation assumes, a loop, a box sent back as it shows, and
what is printed for the test to read. The test replaces the two ports.
"""

import json
import sys

import msgpack
import numpy as np

# --- "Getting images from the socket"
import zmq # Import ZeroMQ library
context = zmq.Context() 
# SUB socket to receive images
sub_socket = context.socket(zmq.SUB)
sub_socket.connect("tcp://localhost:5555") # Connect to the publishing socket
sub_socket.setsockopt_string(zmq.SUBSCRIBE, "")  # Connection via SUBSCRIBE
# ---

push_socket = context.socket(zmq.PUSH)
push_socket.connect("tcp://localhost:5556")

for _ in range(int(sys.argv[1])):
    # --- "The following code example will …"
    # Get the data from the zmq socket
    topic, metadata_packed, image_bytes = sub_socket.recv_multipart()
    # Filter by topic
    if topic.decode("utf-8") != "image":  
        continue
    # Contains metadata about the image
    metadata = msgpack.unpackb(metadata_packed)
    # --- "You can use the image `height` and `width` …"
    frame = np.frombuffer(image_bytes, dtype=np.uint8).reshape(
        (metadata["height"], metadata["width"])
    )  # Reshape the image to the image dimensions
    # ---
    x, y, w, h = 10.0, 20.0, 30.0, 40.0
    push_socket.send_json(
        {"DRAW_BOX": {"TOP_LEFT": [int(x), int(y)], "BOTTOM_RIGHT": [int(x + w), int(y + h)]}}
    )
    print(json.dumps({**metadata, "shape": frame.shape, "mean": float(frame.mean())}), flush=True)

context.destroy(linger=1000)
