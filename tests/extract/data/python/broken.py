import os

def whole(a):
    return os.getcwd(a)

class Half(
    def inside(self, x:
        return x +

def after(b):
    return whole(b
